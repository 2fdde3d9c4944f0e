//! The stores that one test body runs against.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cached_core::{Builder, Cache, Clock};

use crate::RedisServer;

/// A kind of store for the entries of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// The bounded in-process store.
    Memory,
    /// The redis-server that the tests of this process share.
    Redis,
}

impl Store {
    /// All stores.
    pub const ALL: [Self; 2] = [Self::Memory, Self::Redis];

    /// A cache on this store. Two caches of one namespace share their entries on Redis, and none in memory.
    pub fn cache(self, namespace: &str) -> Cache {
        let builder = self.builder().namespace(namespace);
        builder.build().expect("a cache for tests")
    }

    /// The settings of a cache on this store.
    pub fn builder(self) -> Builder {
        let builder = Cache::builder();
        match self {
            Self::Memory => builder,
            // A busy machine may take longer than the default deadline; a test that is not about time must not see it.
            Self::Redis => builder
                .redis_url(RedisServer::shared().url())
                .op_timeout(Duration::from_secs(10))
                .connect_timeout(Duration::from_secs(10)),
        }
    }
}

/// One store, whose entries can be made older.
#[derive(Debug)]
pub struct Aging {
    /// The kind of store.
    pub store: Store,
    /// The clock of its entries in memory.
    pub clock: Clock,
    /// The namespace of its entries.
    pub namespace: String,
}

impl Aging {
    /// A namespace of its own on `store`, with `name` in it.
    pub fn new(store: Store, name: &str) -> Self {
        Self {
            store,
            clock: Clock::manual(),
            namespace: namespace(name),
        }
    }

    /// The settings of a cache of it.
    pub fn builder(&self) -> Builder {
        let builder = self.store.builder().namespace(&self.namespace);
        builder.clock(self.clock.clone())
    }

    /// Makes its entries older.
    pub fn pass(&self, by: Duration) {
        self.clock.advance(by);
        if self.store == Store::Memory {
            return;
        }
        let server = RedisServer::shared();
        for key in server.keys(&format!("{}:*", self.namespace)) {
            let remaining: i64 = server.cli(&["PTTL", &key]).parse().expect("milliseconds");
            let passed = i64::try_from(by.as_millis()).expect("milliseconds");
            // Zero or less deletes it.
            server.cli(&["PEXPIRE", &key, &(remaining - passed).to_string()]);
        }
    }
}

/// A namespace no other test uses, with `name` in it.
pub fn namespace(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{}-{number}", std::process::id())
}

/// Runs `body` once on each store, inside the scope of a cache with a namespace of its own.
///
/// `every_store("expiry", async |cache| …).await`
pub async fn every_store(name: &str, body: impl AsyncFn(Cache)) {
    for store in Store::ALL {
        // Shown only when the test fails: it says on which store.
        println!("store: {store:?}");
        let cache = store.cache(&namespace(name));
        cache.scope(body(cache.clone())).await;
    }
}
