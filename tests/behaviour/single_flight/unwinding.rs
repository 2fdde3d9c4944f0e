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
fn block_until_it_runs_again(body: &CountingLoader) {
    let began = Instant::now();
    while body.runs() < 2 {
        assert!(began.elapsed() < PATIENCE, "nobody took the load over");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A call whose body has begun, and is held.
async fn begun<F: Future>(call: F, body: &CountingLoader) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    within_patience(async {
        tokio::select! {
            _ = &mut call => panic!("not held"),
            () = body.started(1) => {}
        }
    })
    .await;
    call
}

/// Drops `leader` on another thread; `follower`, which waits for it, has its value before that is over.
async fn check_hands_over<T>(
    leader: impl Future + Send + 'static,
    follower: JoinHandle<T>,
    body: &CountingLoader,
) {
    let dropped = thread::spawn(move || drop(leader));
    within_patience(body.started(2)).await;
    body.release();
    within_patience(follower).await.unwrap();
    dropped.join().unwrap();
    assert_eq!(body.runs(), 2);
}

struct Guard(CountingLoader);

impl Drop for Guard {
    fn drop(&mut self) {
        block_until_it_runs_again(&self.0);
    }
}

#[cached(ttl = "1h")]
async fn guarded(id: u64, #[cached(skip)] body: CountingLoader) -> u64 {
    let _guard = Guard(body.clone());
    body.load(id).await
}

#[tokio::test]
async fn cancelled_leader_hands_over_before_its_body_is_dropped() {
    every_store("guarded", async |cache| {
        let body = CountingLoader::held();
        let leader = begun(cache.scope(guarded(1, body.clone())), &body).await;
        let follower = tokio::spawn(cache.scope(guarded(1, body.clone())));
        missed(&cache, 2).await;
        check_hands_over(leader, follower, &body).await;
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
        if let Some(body) = held
            && self.0 == 1
        {
            block_until_it_runs_again(&body);
        }
    }
}

#[cached(ttl = "1m", stale_if_error = "1h")]
async fn heavy(id: u64, #[cached(skip)] body: CountingLoader) -> Result<Heavy, String> {
    body.load(()).await;
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
    let body = CountingLoader::held();
    let leader = begun(cache.scope(heavy(1, body.clone())), &body).await;
    // From now on only the leader holds the old value.
    for id in 2..50 {
        load(id).await;
    }
    let misses = cache.stats().total.misses;
    let follower = tokio::spawn(cache.scope(heavy(1, body.clone())));
    missed(&cache, misses + 1).await;
    *HELD.lock().unwrap() = Some(body.clone());
    check_hands_over(leader, follower, &body).await;
}

struct PanicsWhenDropped(bool);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        assert!(!self.0, "as this test wants");
    }
}

#[cached(ttl = "1h")]
async fn panics_when_dropped(id: u64, #[cached(skip)] body: CountingLoader) -> u64 {
    let _guard = PanicsWhenDropped(body.runs() == 0);
    body.load(id).await
}

#[tokio::test]
async fn aborted_leader_whose_body_panics_in_drop_hands_over() {
    every_store("drop", async |cache| {
        let body = CountingLoader::held();
        let leader = tokio::spawn(cache.scope(panics_when_dropped(1, body.clone())));
        within_patience(body.started(1)).await;
        let follower = tokio::spawn(cache.scope(panics_when_dropped(1, body.clone())));
        missed(&cache, 2).await;
        leader.abort();
        assert!(within_patience(leader).await.is_err());
        within_patience(body.started(2)).await;
        body.release();
        assert_eq!(within_patience(follower).await.unwrap(), 1);
        assert_eq!(
            within_patience(panics_when_dropped(1, body.clone())).await,
            1
        );
    })
    .await;
}

/// Panics the first time, and is true after that.
fn panics_once(times: &AtomicUsize) -> bool {
    assert!(
        times.fetch_add(1, Ordering::SeqCst) > 0,
        "as this test wants"
    );
    true
}

static WANTED: AtomicUsize = AtomicUsize::new(0);
static TTLS: AtomicUsize = AtomicUsize::new(0);

#[cached(ttl = "1h", cache_if = |_| panics_once(&WANTED))]
async fn with_condition(id: u64, #[cached(skip)] body: CountingLoader) -> u64 {
    body.load(id).await
}

#[cached(ttl = |_| Duration::from_secs(60 * u64::from(panics_once(&TTLS))))]
async fn with_ttl(id: u64, #[cached(skip)] body: CountingLoader) -> u64 {
    body.load(id).await
}

/// The first of two calls panics after its body; the second has a value all the same, and so has the next.
async fn check_after_body<F>(times: &AtomicUsize, name: &str, call: impl Fn(CountingLoader) -> F)
where
    F: Future<Output = u64> + Send + 'static,
{
    every_store(name, async |cache| {
        times.store(0, Ordering::SeqCst);
        let body = CountingLoader::held();
        let leader = tokio::spawn(cache.scope(call(body.clone())));
        within_patience(body.started(1)).await;
        let follower = tokio::spawn(cache.scope(call(body.clone())));
        missed(&cache, 2).await;
        body.release();
        assert!(within_patience(leader).await.unwrap_err().is_panic());
        assert_eq!(within_patience(follower).await.unwrap(), 1);
        let calls = body.runs();
        assert_eq!(within_patience(call(body.clone())).await, 1);
        stored(&cache, 1).await;
        assert!(body.runs() <= calls + 1);
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
    check_after_body(&WANTED, "cache_if", |body| with_condition(1, body)).await;
}

#[tokio::test]
async fn leader_whose_ttl_panics_keeps_nobody_waiting() {
    check_after_body(&TTLS, "ttl", |body| with_ttl(1, body)).await;
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
async fn fragile_value(id: u64, #[cached(skip)] body: CountingLoader) -> Fragile {
    body.load(Fragile(id)).await
}

/// The first clone is the one that the leader shares, the later ones are its followers'.
#[tokio::test]
async fn value_that_panics_when_cloned_keeps_nobody_waiting() {
    for clone in [1, 2] {
        every_store("clone", async |cache| {
            PANICS_AT.store(clone, Ordering::SeqCst);
            let body = CountingLoader::held();
            let call = || tokio::spawn(cache.scope(fragile_value(1, body.clone())));
            let leader = call();
            within_patience(body.started(1)).await;
            let followers = [call(), call()];
            missed(&cache, 3).await;
            body.release();
            let mut panics = u64::from(within_patience(leader).await.is_err());
            assert_eq!(panics, u64::from(clone == 1));
            for follower in followers {
                panics += u64::from(within_patience(follower).await.is_err());
            }
            assert_eq!(panics, 1);
            assert_eq!(
                within_patience(fragile_value(1, body.clone())).await,
                Fragile(1)
            );
        })
        .await;
    }
}
