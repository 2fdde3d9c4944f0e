//! A `Drop`, a `Clone` and a closure of the user's can block or panic. Nobody who waits for a load waits for that.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cached_core::{Cache, Clock, cached};
use serde::{Deserialize, Serialize};
use tests::{CountingLoader, every_store, namespace};
use tokio::task::JoinHandle;

use super::{PATIENCE, within_patience};
use crate::stored;

/// Waits until `calls` calls have missed.
async fn missed(cache: &Cache, calls: u64) {
    within_patience(async {
        while cache.stats().total.misses < calls {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Blocks until the body has begun a second time.
fn block_until_it_runs_again(loader: &CountingLoader) {
    let began = Instant::now();
    while loader.runs() < 2 {
        assert!(began.elapsed() < PATIENCE, "nobody took the load over");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A call whose body has begun, and is held.
async fn begun<F: Future>(call: F, loader: &CountingLoader) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    within_patience(async {
        tokio::select! {
            _ = &mut call => panic!("not held"),
            () = loader.started(1) => {}
        }
    })
    .await;
    call
}

/// Drops `leader` on another thread; `follower`, which waits for it, has its value before that is over.
async fn check_hands_over<T>(
    leader: impl Future + Send + 'static,
    follower: JoinHandle<T>,
    loader: &CountingLoader,
) {
    let dropped = thread::spawn(move || drop(leader));
    within_patience(loader.started(2)).await;
    loader.release();
    within_patience(follower).await.unwrap();
    dropped.join().unwrap();
    assert_eq!(loader.runs(), 2);
}

struct Guard(CountingLoader);

impl Drop for Guard {
    fn drop(&mut self) {
        block_until_it_runs_again(&self.0);
    }
}

#[cached(ttl = "1h")]
async fn guarded(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    let _guard = Guard(loader.clone());
    loader.load(id).await
}

#[tokio::test]
async fn cancelled_leader_hands_over_before_its_body_is_dropped() {
    every_store("guarded", async |cache| {
        let loader = CountingLoader::held();
        let leader = begun(cache.scope(guarded(1, loader.clone())), &loader).await;
        let follower = tokio::spawn(cache.scope(guarded(1, loader.clone())));
        missed(&cache, 2).await;
        check_hands_over(leader, follower, &loader).await;
    })
    .await;
}

static HELD: Mutex<Option<CountingLoader>> = Mutex::new(None);

/// Large, so that a few more leave no room for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Heavy(u64, String);

impl Drop for Heavy {
    fn drop(&mut self) {
        let held = HELD.lock().unwrap().clone();
        if let Some(loader) = held
            && self.0 == 1
        {
            block_until_it_runs_again(&loader);
        }
    }
}

#[cached(ttl = "1m", stale_if_error = "1h")]
async fn heavy(id: u64, #[cached(skip)] loader: CountingLoader) -> Result<Heavy, String> {
    loader.load(()).await;
    Ok(Heavy(id, "x".repeat(1_000)))
}

#[tokio::test]
async fn cancelled_leader_hands_over_before_an_old_value_is_dropped() {
    let clock = Clock::manual();
    let cache = Cache::builder()
        .namespace(namespace("heavy"))
        .clock(clock.clone())
        .memory_capacity(10_000)
        .build()
        .unwrap();
    let load = async |id| cache.scope(heavy(id, CountingLoader::new())).await.unwrap();
    load(1).await;
    stored(&cache, 1).await;
    clock.advance(Duration::from_secs(120));
    let loader = CountingLoader::held();
    let leader = begun(cache.scope(heavy(1, loader.clone())), &loader).await;
    // From now on only the leader holds the old value.
    for id in 2..50 {
        load(id).await;
    }
    let misses = cache.stats().total.misses;
    let follower = tokio::spawn(cache.scope(heavy(1, loader.clone())));
    missed(&cache, misses + 1).await;
    *HELD.lock().unwrap() = Some(loader.clone());
    check_hands_over(leader, follower, &loader).await;
}

struct PanicsWhenDropped(bool);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        assert!(!self.0, "as this test wants");
    }
}

#[cached(ttl = "1h")]
async fn panics_when_dropped(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    let _guard = PanicsWhenDropped(loader.runs() == 0);
    loader.load(id).await
}

#[tokio::test]
async fn aborted_leader_whose_body_panics_in_drop_hands_over() {
    every_store("drop", async |cache| {
        let loader = CountingLoader::held();
        let leader = tokio::spawn(cache.scope(panics_when_dropped(1, loader.clone())));
        within_patience(loader.started(1)).await;
        let follower = tokio::spawn(cache.scope(panics_when_dropped(1, loader.clone())));
        missed(&cache, 2).await;
        leader.abort();
        assert!(within_patience(leader).await.is_err());
        within_patience(loader.started(2)).await;
        loader.release();
        assert_eq!(within_patience(follower).await.unwrap(), 1);
        assert_eq!(
            within_patience(panics_when_dropped(1, loader.clone())).await,
            1
        );
    })
    .await;
}

/// Panics the first time.
fn panics_once(times: &AtomicUsize) {
    assert!(
        times.fetch_add(1, Ordering::SeqCst) > 0,
        "as this test wants"
    );
}

static WANTED: AtomicUsize = AtomicUsize::new(0);
static TTLS: AtomicUsize = AtomicUsize::new(0);

fn wanted(_: &u64) -> bool {
    panics_once(&WANTED);
    true
}

fn ttl(_: &u64) -> Duration {
    panics_once(&TTLS);
    Duration::from_secs(60)
}

#[cached(ttl = "1h", cache_if = wanted)]
async fn with_condition(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = |value| ttl(value))]
async fn with_ttl(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

/// The first of two calls panics after its body; the second has a value all the same, and so has the next.
async fn check_after_body<F>(times: &AtomicUsize, name: &str, call: impl Fn(CountingLoader) -> F)
where
    F: Future<Output = u64> + Send + 'static,
{
    every_store(name, async |cache| {
        times.store(0, Ordering::SeqCst);
        let loader = CountingLoader::held();
        let leader = tokio::spawn(cache.scope(call(loader.clone())));
        within_patience(loader.started(1)).await;
        let follower = tokio::spawn(cache.scope(call(loader.clone())));
        missed(&cache, 2).await;
        loader.release();
        assert!(within_patience(leader).await.unwrap_err().is_panic());
        assert_eq!(within_patience(follower).await.unwrap(), 1);
        let calls = loader.runs();
        assert_eq!(within_patience(call(loader.clone())).await, 1);
        stored(&cache, 1).await;
        assert!(loader.runs() <= calls + 1);
        assert_eq!(
            within_patience(call(CountingLoader::held())).await,
            1,
            "a hit"
        );
    })
    .await;
}

#[tokio::test]
async fn leader_whose_cache_if_panics_keeps_nobody_waiting() {
    check_after_body(&WANTED, "cache_if", |loader| with_condition(1, loader)).await;
}

#[tokio::test]
async fn leader_whose_ttl_panics_keeps_nobody_waiting() {
    check_after_body(&TTLS, "ttl", |loader| with_ttl(1, loader)).await;
}

/// The number of the clone that panics.
static PANICS_AT: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fragile(u64);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(
            PANICS_AT.fetch_sub(1, Ordering::SeqCst) != 1,
            "as this test wants"
        );
        Self(self.0)
    }
}

#[cached(ttl = "1h")]
async fn fragile_value(id: u64, #[cached(skip)] loader: CountingLoader) -> Fragile {
    loader.load(Fragile(id)).await
}

/// The first clone is the one that the leader shares, the later ones are its followers'.
#[tokio::test]
async fn value_that_panics_when_cloned_keeps_nobody_waiting() {
    for clone in [1, 2] {
        every_store("clone", async |cache| {
            PANICS_AT.store(clone, Ordering::SeqCst);
            let loader = CountingLoader::held();
            let call = || tokio::spawn(cache.scope(fragile_value(1, loader.clone())));
            let leader = call();
            within_patience(loader.started(1)).await;
            let followers = [call(), call()];
            missed(&cache, 3).await;
            loader.release();
            let mut panics = u64::from(within_patience(leader).await.is_err());
            assert_eq!(panics, u64::from(clone == 1));
            for follower in followers {
                panics += u64::from(within_patience(follower).await.is_err());
            }
            assert_eq!(panics, 1);
            assert_eq!(
                within_patience(fragile_value(1, loader.clone())).await,
                Fragile(1)
            );
        })
        .await;
    }
}
