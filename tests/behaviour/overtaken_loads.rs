//! Loads that an invalidation overtakes: they are returned to those who waited, and to nobody else.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cached_core::{Cache, cached, invalidates};
use tests::{CountingLoader, RedisServer, Store, every_store, namespace};
use tokio::time::timeout;

use crate::stored;

const PATIENCE: Duration = Duration::from_secs(10);

#[cached(ttl = "1h", prefix = "user:{id}:name", tags = ["names"])]
async fn name(id: u64, #[cached(skip)] loader: CountingLoader, #[cached(skip)] value: u64) -> u64 {
    loader.load(value).await
}

#[invalidates(name(id))]
async fn rename(id: u64) {}

#[invalidates(name(..))]
async fn rename_all() {}

/// Each way to invalidate what is loading.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Delete,
    Set,
    Refresh,
    Companion,
    Annotated,
    Function,
    Group,
    Tag,
    Namespace,
}

impl Way {
    const ALL: [Self; 9] = [
        Self::Delete,
        Self::Set,
        Self::Refresh,
        Self::Companion,
        Self::Annotated,
        Self::Function,
        Self::Group,
        Self::Tag,
        Self::Namespace,
    ];

    /// True if the entry itself is touched, so that the store of the old load must be refused.
    fn is_exact(self) -> bool {
        matches!(self, Self::Delete | Self::Set | Self::Refresh)
    }

    fn writes(self) -> bool {
        matches!(self, Self::Set | Self::Refresh)
    }

    async fn run(self, cache: &Cache, id: u64) {
        let is_applied = match self {
            Self::Delete => cache.delete(name::key(id)).await.is_ok(),
            Self::Set => cache.set(name::key(id), &2_u64, None).await.is_ok(),
            Self::Refresh => {
                let refresh = name::refresh(id, CountingLoader::new(), 2);
                cache.scope(refresh).await == 2
            }
            Self::Companion => {
                let invalidated = cache.scope(name::invalidate(id)).await;
                invalidated.unwrap().is_applied()
            }
            Self::Annotated => {
                cache.scope(rename(id)).await;
                true
            }
            Self::Function => {
                cache.scope(rename_all()).await;
                true
            }
            Self::Group => {
                let invalidated = cache.invalidate(format!("user:{id}")).await;
                invalidated.unwrap().is_applied()
            }
            Self::Tag => cache.invalidate_tag("names").await.unwrap().is_applied(),
            Self::Namespace => cache.clear().await.unwrap().is_applied(),
        };
        assert!(is_applied, "{self:?}");
    }
}

async fn within_patience<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("nothing hangs")
}

/// A load under way in `cache`.
async fn begin(cache: &Cache, id: u64) -> (CountingLoader, tokio::task::JoinHandle<u64>) {
    let loader = CountingLoader::held();
    let load = tokio::spawn(cache.scope(name(id, loader.clone(), 1)));
    within_patience(loader.started(1)).await;
    (loader, load)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_that_is_overtaken_is_returned_and_not_kept() {
    for way in Way::ALL {
        println!("{way:?}");
        every_store("overtaken", async |cache| {
            let (loader, load) = begin(&cache, 1).await;
            way.run(&cache, 1).await;
            loader.release();
            assert_eq!(within_patience(load).await.unwrap(), 1);
            // Its store, if there is one, comes in the background.
            tokio::time::sleep(Duration::from_millis(30)).await;
            let expected = way.writes().then_some(2);
            assert_eq!(name::peek(1).await, expected, "{way:?}");
            if way.is_exact() {
                assert_eq!(cache.stats().total.stores_rejected, 1, "{way:?}");
            }
            let again = CountingLoader::new();
            assert_eq!(name(1, again.clone(), 2).await, 2);
            assert_eq!(again.runs(), usize::from(!way.writes()));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_that_another_handle_overtook_is_not_kept() {
    for way in Way::ALL {
        println!("{way:?}");
        let shared = namespace("overtaken");
        let [cache, other] = [(); 2].map(|()| Store::Redis.cache(&shared));
        let (loader, load) = begin(&cache, 1).await;
        way.run(&other, 1).await;
        loader.release();
        assert_eq!(within_patience(load).await.unwrap(), 1);
        tokio::time::sleep(Duration::from_millis(30)).await;
        let expected = way.writes().then_some(2);
        for cache in [&cache, &other] {
            assert_eq!(cache.scope(name::peek(1)).await, expected, "{way:?}");
        }
        if way.is_exact() {
            assert_eq!(cache.stats().total.stores_rejected, 1, "{way:?}");
        }
        // Nothing is stuck: the next load is kept.
        for cache in [&cache, &other] {
            cache.scope(name(1, CountingLoader::new(), 2)).await;
        }
        within_patience(async {
            for cache in [&cache, &other] {
                while cache.scope(name::peek(1)).await != Some(2) {
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn call_that_begins_after_an_invalidation_does_not_wait_for_an_older_load() {
    for way in Way::ALL {
        println!("{way:?}");
        every_store("older", async |cache| {
            let (loader, load) = begin(&cache, 1).await;
            way.run(&cache, 1).await;
            let newer = name(1, CountingLoader::new(), 2);
            assert_eq!(within_patience(newer).await, 2, "{way:?}");
            assert!(!load.is_finished());
            loader.release();
            assert_eq!(within_patience(load).await.unwrap(), 1);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn call_that_begins_after_another_processes_invalidation_does_not_wait_for_an_older_load() {
    for way in Way::ALL {
        println!("{way:?}");
        let shared = namespace("older");
        let [cache, other] = [(); 2].map(|()| Store::Redis.cache(&shared));
        let (loader, load) = begin(&cache, 1).await;
        way.run(&other, 1).await;
        let newer = cache.scope(name(1, CountingLoader::new(), 2));
        assert_eq!(within_patience(newer).await, 2, "{way:?}");
        assert!(!load.is_finished());
        loader.release();
        assert_eq!(within_patience(load).await.unwrap(), 1);
        tokio::time::sleep(Duration::from_millis(30)).await;
        let now = other.scope(name::peek(1)).await;
        assert!([None, Some(2)].contains(&now), "{way:?}: {now:?}");
    }
}

/// Nobody loads for those who wait for an older load, and they are not sent away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_waited_before_an_invalidation_keep_their_load() {
    every_store("waited", async |cache| {
        let (loader, load) = begin(&cache, 1).await;
        let waiting = tokio::spawn(cache.scope(name(1, loader.clone(), 1)));
        within_patience(async {
            while cache.stats().total.misses < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Way::Group.run(&cache, 1).await;
        loader.release();
        assert_eq!(within_patience(load).await.unwrap(), 1);
        assert_eq!(within_patience(waiting).await.unwrap(), 1);
    })
    .await;
}

/// An older load of another process has stored first: what it stored must not outlive the refresh.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_that_comes_second_leaves_nothing_older() {
    let shared = namespace("second");
    let [cache, other] = [(); 2].map(|()| Store::Redis.cache(&shared));
    let (older, load) = begin(&other, 1).await;
    let newer = CountingLoader::held();
    let refresh = tokio::spawn(cache.scope(name::refresh(1, newer.clone(), 2)));
    within_patience(newer.started(1)).await;
    older.release();
    assert_eq!(within_patience(load).await.unwrap(), 1);
    stored(&other, 1).await;
    newer.release();
    assert_eq!(within_patience(refresh).await.unwrap(), 2);
    for cache in [&cache, &other] {
        let now = cache.scope(name::peek(1)).await;
        assert!([None, Some(2)].contains(&now), "{now:?}");
        assert_eq!(cache.scope(name(1, CountingLoader::new(), 2)).await, 2);
    }
    assert_eq!(cache.stats().total.stores_rejected, 1);
}

/// What replaced it may be gone already: taken, or expired.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_that_a_newer_value_overtook_is_not_kept_when_that_is_gone() {
    let moment = Duration::from_millis(5);
    for is_taken in [true, false] {
        every_store("gone", async |cache| {
            let (loader, load) = begin(&cache, 1).await;
            cache.set(name::key(1), &2_u64, moment).await.unwrap();
            if is_taken {
                cache.take::<u64>(name::key(1)).await.unwrap();
            }
            tokio::time::sleep(4 * moment).await;
            loader.release();
            assert_eq!(within_patience(load).await.unwrap(), 1);
            tokio::time::sleep(4 * moment).await;
            assert_eq!(name::peek(1).await, None, "taken: {is_taken}");
        })
        .await;
    }
}

#[tokio::test]
async fn load_that_outlasts_its_lease_is_returned_and_counted() {
    let cache = Cache::builder()
        .redis_url(RedisServer::shared().url())
        .namespace(namespace("outlasts"))
        .op_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .lease(Duration::from_millis(20))
        .build()
        .unwrap();
    let (loader, load) = begin(&cache, 1).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    loader.release();
    assert_eq!(within_patience(load).await.unwrap(), 1);
    within_patience(async {
        while cache.stats().total.stores_rejected == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(cache.scope(name::peek(1)).await, None);
    // A faster one is kept.
    cache.scope(name(1, CountingLoader::new(), 1)).await;
    stored(&cache, 1).await;
    assert_eq!(cache.scope(name::peek(1)).await, Some(1));
}

/// Not a test: a process that leaves a lease behind.
#[tokio::test]
#[ignore = "run by killed_holder_of_a_lease_delays_nobody"]
async fn process_that_is_killed_while_it_loads() {
    let cache = Cache::from_env().unwrap();
    let (_loader, load) = begin(&cache, 1).await;
    println!("\nloading");
    let _ = load.await;
}

#[tokio::test]
async fn killed_holder_of_a_lease_delays_nobody() {
    let shared = namespace("killed");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("overtaken_loads::process_that_is_killed_while_it_loads")
        .env("REDIS_URL", RedisServer::shared().url())
        .env("REDIS_CACHE_PREFIX", &shared)
        .env("REDIS_SOCKET_TIMEOUT", "10s")
        .env("REDIS_SOCKET_CONNECT_TIMEOUT", "10s")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap() == "loading"));
    let key = format!("{shared}:{}", name::key(1));
    let lease = RedisServer::shared().cli(&["GET", &key]);
    assert!(
        lease.starts_with("cc1 ") && lease.ends_with(" L"),
        "{lease}"
    );

    // Alive or dead, it holds nobody up.
    let cache = Store::Redis.cache(&shared);
    let call = async |id, value| {
        let began = Instant::now();
        let loader = CountingLoader::new();
        assert_eq!(cache.scope(name(id, loader.clone(), value)).await, value);
        assert!(began.elapsed() < Duration::from_secs(2));
        loader.runs()
    };
    cache.ready(PATIENCE).await.unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(call(1, 2).await, 1);
    stored(&cache, 1).await;
    // Its lease was as good as one of our own.
    assert_eq!(cache.scope(name::peek(1)).await, Some(2));
}

#[tokio::test]
async fn holder_of_a_lease_that_lives_delays_nobody_and_cannot_store_over_a_newer_value() {
    let shared = namespace("slow");
    let [slow, fast] = [(); 2].map(|()| Store::Redis.cache(&shared));
    let (loader, load) = begin(&slow, 1).await;
    assert_eq!(fast.scope(name(1, CountingLoader::new(), 2)).await, 2);
    stored(&fast, 1).await;
    loader.release();
    assert_eq!(within_patience(load).await.unwrap(), 1);
    within_patience(async {
        while slow.stats().total.stores_rejected == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for cache in [&slow, &fast] {
        assert_eq!(cache.scope(name::peek(1)).await, Some(2));
    }
}
