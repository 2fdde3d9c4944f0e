//! One load per key in a process, whatever happens to its caller.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cached_core::{Cache, cached};
use serde::{Deserialize, Serialize};
use tests::{CountingLoader, Store, every_store, namespace};
use tokio::task::JoinSet;
use tokio::time::timeout;

mod unwinding;

/// Nothing here may hang for longer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    id: u64,
    text: String,
}

fn report(id: u64) -> Report {
    Report {
        id,
        text: "one of a kind".to_owned(),
    }
}

#[cached(ttl = "1h")]
async fn slow(id: u64, #[cached(skip)] loader: CountingLoader) -> Report {
    loader.load(report(id)).await
}

/// Runs `future` in the scope of `cache`, as a task of its own.
fn spawn<T: Send + 'static>(
    tasks: &mut JoinSet<T>,
    cache: &Cache,
    future: impl Future<Output = T> + Send + 'static,
) {
    tasks.spawn(cache.scope(future));
}

async fn within_patience<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("nothing hangs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_misses_run_the_body_once() {
    every_store("once", async |cache| {
        let loader = CountingLoader::held();
        let mut tasks = JoinSet::new();
        for _ in 0..1_000 {
            spawn(&mut tasks, &cache, slow(1, loader.clone()));
        }
        within_patience(async {
            loader.started(1).await;
            loader.release();
            while let Some(value) = tasks.join_next().await {
                assert_eq!(value.unwrap(), report(1));
            }
        })
        .await;
        assert_eq!(loader.runs(), 1);
        let total = cache.stats().total;
        assert_eq!(total.loads, 1);
        assert_eq!(total.hits + total.misses, 1_000);
        assert_eq!(total.hits + total.shared, 999);
    })
    .await;
}

/// The load is over before most callers have read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_misses_of_a_fast_body_run_it_once() {
    every_store("fast", async |cache| {
        for round in 0..20 {
            let loader = CountingLoader::new();
            let mut tasks = JoinSet::new();
            for _ in 0..200 {
                spawn(&mut tasks, &cache, slow(round, loader.clone()));
            }
            within_patience(async { while tasks.join_next().await.is_some() {} }).await;
            assert_eq!(loader.runs(), 1, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_after_another_has_returned_is_a_hit() {
    every_store("sequence", async |cache| {
        let loader = CountingLoader::new();
        for id in 0..100 {
            assert_eq!(slow(id, loader.clone()).await, report(id));
            assert_eq!(slow(id, loader.clone()).await, report(id));
            assert_eq!(slow::peek(id).await, Some(report(id)));
        }
        assert_eq!(loader.runs(), 100);
        assert_eq!(cache.stats().total.hits, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_leader_hands_over_to_a_waiter() {
    every_store("cancelled", async |cache| {
        let loader = CountingLoader::held();
        let first = tokio::spawn(cache.scope(slow(1, loader.clone())));
        within_patience(loader.started(1)).await;
        let mut followers = JoinSet::new();
        for _ in 0..999 {
            spawn(&mut followers, &cache, slow(1, loader.clone()));
        }
        // All have missed, so all wait.
        within_patience(async {
            while cache.stats().total.misses < 1_000 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        within_patience(async {
            loader.started(2).await;
            loader.release();
            while let Some(value) = followers.join_next().await {
                assert_eq!(value.unwrap(), report(1));
            }
        })
        .await;
        assert_eq!(loader.runs(), 2);
    })
    .await;
}

#[cached(ttl = "1h")]
async fn fragile(id: u64, #[cached(skip)] runs: Arc<AtomicUsize>) -> u64 {
    let run = runs.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(run > 0, "the first run panics, as this test wants");
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panicking_leader_hands_over_to_a_waiter() {
    every_store("panicking", async |cache| {
        let runs = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            spawn(&mut tasks, &cache, fragile(1, Arc::clone(&runs)));
        }
        let mut panics = 0;
        within_patience(async {
            while let Some(value) = tasks.join_next().await {
                match value {
                    Ok(value) => assert_eq!(value, 1),
                    Err(error) => {
                        assert!(error.is_panic());
                        panics += 1;
                    }
                }
            }
        })
        .await;
        assert_eq!(panics, 1, "the panic is the leader's own");
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    })
    .await;
}

#[derive(Clone, Debug, PartialEq)]
struct Shareable(&'static str);

#[cached(ttl = "1h")]
async fn fails_shareably(
    id: u64,
    #[cached(skip)] loader: CountingLoader,
) -> Result<u64, Shareable> {
    loader.load(Err(Shareable("the database is down"))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiters_share_an_error_that_can_be_cloned() {
    every_store("shared-error", async |cache| {
        let loader = CountingLoader::held();
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            spawn(&mut tasks, &cache, fails_shareably(1, loader.clone()));
        }
        within_patience(async {
            while cache.stats().total.misses < 100 {
                tokio::task::yield_now().await;
            }
            loader.release();
            while let Some(value) = tasks.join_next().await {
                assert_eq!(value.unwrap(), Err(Shareable("the database is down")));
            }
        })
        .await;
        assert_eq!(loader.runs(), 1);
        // And it is not kept.
        assert!(fails_shareably(1, loader.clone()).await.is_err());
        assert_eq!(loader.runs(), 2);
    })
    .await;
}

#[derive(Debug)]
struct Unshareable;

/// Counts of the bodies that run, and of those that run at a time at the most.
#[derive(Clone, Default)]
struct Crowd {
    runs: Arc<AtomicUsize>,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    succeeds_at: usize,
}

#[cached(ttl = "1h")]
async fn fails_unshareably(id: u64, #[cached(skip)] crowd: Crowd) -> Result<u64, Unshareable> {
    let run = crowd.runs.fetch_add(1, Ordering::SeqCst) + 1;
    let now = crowd.now.fetch_add(1, Ordering::SeqCst) + 1;
    crowd.most.fetch_max(now, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(10)).await;
    crowd.now.fetch_sub(1, Ordering::SeqCst);
    if run >= crowd.succeeds_at {
        Ok(id)
    } else {
        Err(Unshareable)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiters_run_a_body_whose_error_cannot_be_cloned_a_few_at_a_time() {
    every_store("unshared-error", async |cache| {
        let crowd = Crowd {
            succeeds_at: usize::MAX,
            ..Crowd::default()
        };
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            spawn(&mut tasks, &cache, fails_unshareably(1, crowd.clone()));
        }
        within_patience(async {
            while let Some(value) = tasks.join_next().await {
                assert!(value.unwrap().is_err());
            }
        })
        .await;
        let most = crowd.most.load(Ordering::SeqCst);
        assert_eq!(
            crowd.runs.load(Ordering::SeqCst),
            100,
            "each gets its own error"
        );
        assert!((2..=8).contains(&most), "{most} at a time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_success_after_a_failure_is_for_all() {
    every_store("recovers", async |cache| {
        let crowd = Crowd {
            succeeds_at: 2,
            ..Crowd::default()
        };
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            spawn(&mut tasks, &cache, fails_unshareably(1, crowd.clone()));
        }
        let mut failures = 0;
        within_patience(async {
            while let Some(value) = tasks.join_next().await {
                failures += usize::from(value.unwrap().is_err());
            }
        })
        .await;
        assert_eq!(failures, 1, "the leader's own");
        let runs = crowd.runs.load(Ordering::SeqCst);
        assert!(runs <= 1 + 8, "{runs} runs");
        assert!(fails_unshareably(1, crowd.clone()).await.is_ok());
        assert_eq!(crowd.runs.load(Ordering::SeqCst), runs, "and it is stored");
    })
    .await;
}

#[cached(ttl = "1h", skip(depth))]
async fn recursive(id: u64, depth: u64) -> u64 {
    if depth == 0 {
        return id;
    }
    // The future is boxed because it contains itself.
    Box::pin(recursive(id, depth - 1)).await + 1
}

#[cached(ttl = "1h", skip(cache, depth))]
async fn through_a_task(id: u64, cache: Cache, depth: u64) -> u64 {
    if depth > 0 {
        return id;
    }
    tokio::spawn(cache.scope(again(id, cache.clone())))
        .await
        .unwrap()
}

/// The type of a future that contains itself has to end somewhere.
fn again(id: u64, cache: Cache) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(through_a_task(id, cache, 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_reaches_itself_with_the_same_arguments_does_not_deadlock() {
    every_store("recursive", async |_| {
        assert_eq!(within_patience(recursive(1, 2)).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_load_reached_through_a_task_of_its_own_is_waited_for_only_so_long() {
    for store in Store::ALL {
        let cache = Cache::builder()
            .namespace(namespace("task"))
            .follower_wait(Duration::from_millis(200));
        let cache = match store {
            Store::Memory => cache,
            Store::Redis => cache.redis_url(tests::RedisServer::shared().url()),
        }
        .build()
        .unwrap();
        let value = cache.scope(through_a_task(1, cache.clone(), 0));
        assert_eq!(within_patience(value).await, 1);
    }
}

#[cached(ttl = "1h")]
async fn never(id: u64) -> u64 {
    pending::<()>().await;
    id
}

#[tokio::test]
async fn a_leader_without_followers_can_be_cancelled_again_and_again() {
    every_store("again", async |cache| {
        for _ in 0..10 {
            assert!(timeout(Duration::from_millis(20), never(1)).await.is_err());
        }
        assert_eq!(cache.stats().total.loads, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_is_not_stored_is_shared_only_with_those_who_waited() {
    every_store("unwanted", async |_| {
        let loader = CountingLoader::new();
        assert_eq!(unwanted(1, loader.clone()).await, 1);
        assert_eq!(unwanted(1, loader.clone()).await, 1);
        assert_eq!(loader.runs(), 2);
    })
    .await;
}

#[cached(ttl = "1h", cache_if = |value: &u64| *value > 10)]
async fn unwanted(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[tokio::test]
async fn a_value_deleted_before_it_reached_the_store_does_not_come_back() {
    every_store("deleted", async |cache| {
        let loader = CountingLoader::new();
        for id in 0..100 {
            slow(id, loader.clone()).await;
            cache.delete(slow::key(id)).await.unwrap();
            assert_eq!(slow::peek(id).await, None, "{id}");
        }
        // Whatever was on its way has arrived, or never will.
        cache.shutdown().await;
        assert_eq!(loader.runs(), 100);
    })
    .await;
}
