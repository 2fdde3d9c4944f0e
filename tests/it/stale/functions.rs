//! Functions whose values may be served past their ttl, as the attribute writes them.

use std::time::Duration;

use cached_core::{
    __private::{Again, Found, FoundStale, Function, by_type::*, codec, function},
    Key,
};

use super::{Closed, MINUTE, Shop, TTL};

const TWO_MINUTES: Duration = Duration::from_secs(120);

fn key(function: &'static Function, id: u64) -> Key {
    let mut key = Key::of(function);
    cached_core::__private::Argument(&id).__push(&mut key);
    key
}

/// A function that looks for stale values, and its call by a task.
macro_rules! revalidated {
    ($name:ident -> $returns:ty, $function:ident, $codec:expr, $body:expr) => {
        pub(super) async fn $name(id: u64, shop: &Shop) -> $returns {
            let mut key = key($function(), id);
            let load = match $codec.find_stale(&mut key).await {
                FoundStale::Hit(value) => return value,
                FoundStale::Stale(stale) => {
                    return stale.answer(|| again::$name(id, Shop::clone(shop)));
                }
                FoundStale::Miss(load) => load,
            };
            load.run($body(id, shop)).await
        }
    };
}

/// One that does not.
macro_rules! loaded {
    ($name:ident -> $returns:ty, $function:ident, $codec:expr, $body:expr) => {
        pub(super) async fn $name(id: u64, shop: &Shop) -> $returns {
            let mut key = key($function(), id);
            let load = match $codec.find(&mut key).await {
                Found::Hit(value) => return value,
                Found::Miss(load) => load,
            };
            load.run($body(id, shop)).await
        }
    };
}

/// Inside the function itself the compiler cannot tell that its own future is `Send`.
mod again {
    use super::{Again, Closed, Shop};

    pub(super) fn price(id: u64, shop: Shop) -> Again<Result<u64, Closed>> {
        Box::pin(async move { super::price(id, &shop).await })
    }

    pub(super) fn found(id: u64, shop: Shop) -> Again<Result<Option<u64>, Closed>> {
        Box::pin(async move { super::found(id, &shop).await })
    }

    pub(super) fn tagged(id: u64, shop: Shop) -> Again<Result<u64, Closed>> {
        Box::pin(async move { super::tagged(id, &shop).await })
    }
}

async fn load(id: u64, shop: &Shop) -> Result<u64, Closed> {
    shop.load(id).await?.ok_or(Closed)
}

async fn load_or_say(id: u64, shop: &Shop) -> Result<u64, String> {
    load(id, shop).await.map_err(|_| "closed".to_owned())
}

fn price_function() -> &'static Function {
    function!(
        "price"
            .id("price")
            .prefix("price:{0}")
            .ttl(TTL)
            .stale_while_revalidate(MINUTE)
            .stale_if_error(TWO_MINUTES)
    )
}

pub(super) fn price_key(id: u64) -> Key {
    key(price_function(), id)
}

// For a minute answered as they are, for another one in place of an error that cannot be cloned.
revalidated!(price -> Result<u64, Closed>, price_function, codec!(Result<u64, Closed>), load);

pub(super) async fn peek(id: u64) -> Option<Result<u64, Closed>> {
    codec!(Result<u64, Closed>).peek(&mut price_key(id)).await
}

fn plain_function() -> &'static Function {
    function!("plain".id("price").prefix("price:{0}").ttl(TTL))
}

// The same entries, by a version without windows.
loaded!(plain -> Result<u64, Closed>, plain_function, codec!(Result<u64, Closed>), load);

fn offer_function() -> &'static Function {
    function!("offer".prefix("offer:{0}").ttl(TTL).stale_if_error(MINUTE))
}

// Only in place of an error, which can be cloned.
loaded!(offer -> Result<u64, String>, offer_function, codec!(Result<u64, String>), load_or_say);

fn kept_function() -> &'static Function {
    function!(
        "kept"
            .prefix("kept:{0}")
            .ttl(TTL)
            .stale_if_error(MINUTE)
            .keeps_errors(TTL)
    )
}

// The same, and errors are kept.
loaded!(kept -> Result<u64, String>, kept_function, codec!(Result<u64, String>).cache_err(), load_or_say);

fn found_function() -> &'static Function {
    function!(
        "found"
            .prefix("found:{0}")
            .ttl(TTL)
            .stale_while_revalidate(MINUTE)
            .stale_if_error(TWO_MINUTES)
    )
}

async fn load_if_there(id: u64, shop: &Shop) -> Result<Option<u64>, Closed> {
    shop.load(id).await
}

// Without a price there is nothing to keep.
revalidated!(
    found -> Result<Option<u64>, Closed>, found_function, codec!(Result<Option<u64>, Closed>), load_if_there
);

fn tagged_function() -> &'static Function {
    function!(
        "tagged"
            .prefix("tagged:{0}")
            .ttl(TTL)
            .tags(&["prices"])
            .stale_while_revalidate(MINUTE)
    )
}

async fn panic_or_load(id: u64, shop: &Shop) -> Result<u64, Closed> {
    let price = load(id, shop).await;
    assert!(price != Ok(13), "nobody sells at that price");
    price
}

// With a tag, and a body that may panic.
revalidated!(tagged -> Result<u64, Closed>, tagged_function, codec!(Result<u64, Closed>), panic_or_load);
