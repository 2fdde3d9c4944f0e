//! Functions whose values may be served past their ttl.

use cached_core::{Cache, cached};

use super::{Closed, Shop, TTL};

/// For a minute answered as they are, for another one in place of an error that cannot be cloned.
#[cached(
    ttl = TTL,
    id = "price",
    prefix = "price:{id}",
    stale_while_revalidate = "1m",
    stale_if_error = "2m"
)]
pub(super) async fn price(id: u64, #[cached(skip)] shop: &Shop) -> Result<u64, Closed> {
    shop.load(id).await?.ok_or(Closed)
}

/// With a ttl that differs from entry to entry.
#[cached(ttl = TTL, prefix = "spread:{id}", jitter = "50%", stale_while_revalidate = "1m")]
pub(super) async fn spread(id: u64) -> u64 {
    id
}

/// Of a cache that it has itself.
#[cached(
    ttl = TTL,
    prefix = "chosen:{id}",
    cache = cache,
    stale_while_revalidate = "1m"
)]
pub(super) async fn chosen(
    id: u64,
    #[cached(skip)] cache: Cache,
    #[cached(skip)] shop: &Shop,
) -> Result<u64, Closed> {
    // In the cache of the caller.
    price(id, shop).await
}

/// The same entries, by a version without windows.
#[cached(ttl = TTL, id = "price", prefix = "price:{id}")]
pub(super) async fn plain(id: u64, #[cached(skip)] shop: &Shop) -> Result<u64, Closed> {
    shop.load(id).await?.ok_or(Closed)
}

/// Only in place of an error, which can be cloned.
#[cached(ttl = TTL, prefix = "offer:{id}", stale_if_error = "1m")]
pub(super) async fn offer(id: u64, #[cached(skip)] shop: &Shop) -> Result<u64, String> {
    let price = shop.load(id).await.map_err(|_| "closed".to_owned())?;
    price.ok_or_else(|| "closed".to_owned())
}

/// The same, and errors are kept.
#[cached(ttl = TTL, prefix = "kept:{id}", stale_if_error = "1m", cache_err = "100s")]
pub(super) async fn kept(id: u64, #[cached(skip)] shop: &Shop) -> Result<u64, String> {
    let price = shop.load(id).await.map_err(|_| "closed".to_owned())?;
    price.ok_or_else(|| "closed".to_owned())
}

/// Without a price there is nothing to keep.
#[cached(ttl = TTL, prefix = "found:{id}", stale_while_revalidate = "1m", stale_if_error = "2m")]
pub(super) async fn found(id: u64, #[cached(skip)] shop: &Shop) -> Result<Option<u64>, Closed> {
    shop.load(id).await
}

/// With a tag, and a body that may panic.
#[cached(
    ttl = TTL,
    prefix = "tagged:{id}",
    tags = ["prices"],
    stale_while_revalidate = "1m"
)]
pub(super) async fn tagged(id: u64, #[cached(skip)] shop: &Shop) -> Result<u64, Closed> {
    let price = shop.load(id).await?.ok_or(Closed);
    assert!(price != Ok(13), "nobody sells at that price");
    price
}
