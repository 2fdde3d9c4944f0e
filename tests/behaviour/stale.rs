//! Values past their ttl: `stale_while_revalidate` and `stale_if_error`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use cached_core::{Builder, Cache, Counts};
use tests::{Aging, CountingLoader, Store};
use tokio::task::JoinHandle;

use crate::stored;

mod functions;
mod if_error;
mod limits;
mod revalidate;

use functions::price;

const TTL: Duration = Duration::from_secs(100);
const MINUTE: Duration = Duration::from_secs(60);

/// The source that the functions of these tests load from.
#[derive(Clone, Debug)]
struct Shop(Arc<State>);

#[derive(Debug)]
struct State {
    prices: Mutex<BTreeMap<u64, u64>>,
    fails: AtomicBool,
    runs: AtomicU64,
    loader: Mutex<CountingLoader>,
}

/// Cannot be cloned.
#[derive(Debug, PartialEq)]
struct Closed;

impl Shop {
    fn new() -> Self {
        Self(Arc::new(State {
            prices: Mutex::new(BTreeMap::from([(1, 10), (2, 20)])),
            fails: AtomicBool::new(false),
            runs: AtomicU64::new(0),
            loader: Mutex::new(CountingLoader::new()),
        }))
    }

    fn set(&self, id: u64, price: impl Into<Option<u64>>) {
        let mut prices = self.0.prices.lock().unwrap();
        match price.into() {
            Some(price) => prices.insert(id, price),
            None => prices.remove(&id),
        };
    }

    fn fail(&self, fails: bool) {
        self.0.fails.store(fails, Ordering::SeqCst);
    }

    /// Loads wait from now on.
    fn hold(&self) -> CountingLoader {
        let held = CountingLoader::held();
        *self.0.loader.lock().unwrap() = held.clone();
        held
    }

    fn runs(&self) -> u64 {
        self.0.runs.load(Ordering::SeqCst)
    }

    /// Reads, and returns when it may.
    async fn load(&self, id: u64) -> Result<Option<u64>, Closed> {
        self.0.runs.fetch_add(1, Ordering::SeqCst);
        let price = self.0.prices.lock().unwrap().get(&id).copied();
        let loader = self.0.loader.lock().unwrap().clone();
        loader.load(()).await;
        if self.0.fails.load(Ordering::SeqCst) {
            return Err(Closed);
        }
        Ok(price)
    }
}

/// A cache whose entries can be made older, and what its functions load from.
struct Place {
    aging: Aging,
    cache: Cache,
    shop: Shop,
}

impl Place {
    fn new(store: Store, name: &str, settings: fn(Builder) -> Builder) -> Self {
        let aging = Aging::new(store, name);
        let cache = settings(aging.builder()).build().unwrap();
        Self {
            aging,
            cache,
            shop: Shop::new(),
        }
    }

    /// Time goes by.
    fn pass(&self, by: Duration) {
        self.aging.pass(by);
    }

    /// A call beside this task.
    fn call_price(&self) -> JoinHandle<Result<u64, Closed>> {
        let shop = self.shop.clone();
        let call = async move { price(1, &shop).await };
        tokio::spawn(self.cache.scope(call))
    }

    fn counts(&self) -> Counts {
        self.cache.stats().total
    }

    /// Waits until `stores` entries are written, and nobody joins the load of one any more.
    async fn stored(&self, stores: u64) {
        stored(&self.cache, stores).await;
        self.settled().await;
    }

    /// A load that is over can still be joined for a moment, by calls that began before it ended.
    async fn settled(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until the body has begun `runs` times.
    async fn ran(&self, runs: u64) {
        let ran = async {
            while self.shop.runs() < runs {
                tokio::task::yield_now().await;
            }
        };
        let ran = tokio::time::timeout(Duration::from_secs(10), ran).await;
        assert!(ran.is_ok(), "{} runs", self.shop.runs());
    }
}

/// Runs `body` on each store, with a value of every function that is just past its ttl.
async fn every_store(name: &str, body: impl AsyncFn(&Place)) {
    with_settings(name, |builder| builder, body).await;
}

async fn with_settings(name: &str, settings: fn(Builder) -> Builder, body: impl AsyncFn(&Place)) {
    for store in Store::ALL {
        println!("store: {store:?}");
        let place = Place::new(store, name, settings);
        place.cache.scope(body(&place)).await;
    }
}

/// `price(1)` is stored and past its ttl, and the shop has another one.
async fn make_old(place: &Place) {
    assert_eq!(price(1, &place.shop).await, Ok(10));
    place.stored(1).await;
    place.pass(TTL + MINUTE / 2);
    place.shop.set(1, 11);
}
