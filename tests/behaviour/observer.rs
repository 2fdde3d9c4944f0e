//! Observers: the calls they see, and what they make calls do.

use std::{pin::pin, time::Duration};

use cached_core::{Answer, Cache, Observation, Observer, cached, in_current_scope, invalidates};
use futures_util::{FutureExt as _, future};
use tests::{Aging, CountingLoader, Store};

use crate::stored;

const MINUTE: Duration = Duration::from_secs(60);

#[cached(ttl = "1h", prefix = "hour:{id}")]
async fn hour(id: u64, #[cached(skip)] loader: &CountingLoader) -> u64 {
    loader.load(id).await
}

/// What it calls itself is nobody's business.
#[cached(ttl = "10m", skip(loader))]
async fn outer(id: u64, loader: &CountingLoader) -> u64 {
    hour(id, loader).await + hour(id + 1, loader).await
}

#[cached(ttl = "1h", stale_while_revalidate = "10m", skip(fails))]
async fn late(id: u64, fails: bool) -> Result<u64, String> {
    if fails { Err("no".to_owned()) } else { Ok(id) }
}

#[cached(ttl = "1h", stale_if_error = "1h", skip(fails))]
async fn lasting(id: u64, fails: bool) -> Result<u64, String> {
    if fails { Err("no".to_owned()) } else { Ok(id) }
}

#[cached(ttl = "1h", cache_if = |value: &u64| *value > 10)]
async fn large(value: u64) -> u64 {
    value
}

#[invalidates("hour:{id}")]
async fn change(id: u64) {}

/// One store, and a cache on it.
struct Place {
    aging: Aging,
    cache: Cache,
    loader: CountingLoader,
}

impl Place {
    fn new(store: Store) -> Self {
        let aging = Aging::new(store, "observer");
        let cache = aging.builder().build().unwrap();
        let loader = CountingLoader::new();
        Self {
            aging,
            cache,
            loader,
        }
    }

    /// Returns what `observer` sees of `future`, with the answers.
    async fn see<T>(
        &self,
        observer: Observer,
        future: impl Future<Output = T>,
    ) -> (T, Vec<Observation>) {
        let output = self.cache.scope(observer.scope(future)).await;
        (output, observer.calls())
    }

    async fn seen<T>(&self, future: impl Future<Output = T>) -> Observation {
        let (_, calls) = self.see(Observer::new(), future).await;
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls[0].clone()
    }

    async fn stored(&self, stores: u64) {
        stored(&self.cache, stores).await;
        // A load that is over can still be joined for a moment.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

async fn on_each_store(check: impl AsyncFn(Place)) {
    for store in Store::ALL {
        println!("store: {store:?}");
        check(Place::new(store)).await;
    }
}

/// Returns true if two times are the same, but for what a test takes.
fn is_about(time: Option<Duration>, expected: Duration) -> bool {
    time.is_some_and(|time| time.abs_diff(expected) < Duration::from_secs(10))
}

#[tokio::test]
async fn load_then_hit_with_age_and_what_is_left() {
    on_each_store(async |place| {
        let load = place.seen(hour(1, &place.loader)).await;
        assert_eq!(load.answer, Answer::Loaded);
        assert!(load.function.unwrap().ends_with("observer::hour"));
        assert_eq!(load.age, Some(Duration::ZERO));
        assert_eq!((load.fresh_for, load.stored), (Some(60 * MINUTE), true));
        place.stored(1).await;
        place.aging.pass(20 * MINUTE);
        let hit = place.seen(hour(1, &place.loader)).await;
        assert_eq!((hit.answer, hit.stored), (Answer::Hit, false));
        assert!(is_about(hit.age, 20 * MINUTE), "{hit:?}");
        assert!(is_about(hit.fresh_for, 40 * MINUTE), "{hit:?}");
        place.cache.scope(change(1)).await;
        let load = place.seen(hour(1, &place.loader)).await;
        assert_eq!(load.answer, Answer::Loaded);
    })
    .await;
}

#[tokio::test]
async fn value_that_is_still_being_stored_is_of_an_age() {
    on_each_store(async |place| {
        // Not a moment passes between the two, so the write is still under way.
        let calls = async { hour(1, &place.loader).await + hour(1, &place.loader).await };
        let (_, calls) = place.see(Observer::new(), calls).await;
        assert_eq!(calls[1].answer, Answer::Hit);
        assert!(is_about(calls[1].age, Duration::ZERO), "{calls:?}");
        assert!(is_about(calls[1].fresh_for, 60 * MINUTE), "{calls:?}");
        place.cache.scope(change(1)).await;
        place.seen(hour(1, &place.loader)).await;
        let left = place.cache.ttl(hour::key(1)).await.unwrap();
        assert!(is_about(left, 60 * MINUTE), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn touched_entry_is_of_no_known_age() {
    on_each_store(async |place| {
        place.seen(hour(1, &place.loader)).await;
        place.stored(1).await;
        let key = hour::key(1);
        assert!(place.cache.touch(key, 90 * MINUTE).await.unwrap());
        let hit = place.seen(hour(1, &place.loader)).await;
        assert_eq!((hit.answer, hit.age), (Answer::Hit, None));
        assert!(is_about(hit.fresh_for, 90 * MINUTE), "{hit:?}");
    })
    .await;
}

#[tokio::test]
async fn value_that_is_not_stored_is_said_not_to_be() {
    on_each_store(async |place| {
        let load = place.seen(large(1)).await;
        assert_eq!(
            (load.answer, load.stored, load.fresh_for),
            (Answer::Loaded, false, None)
        );
        assert!(place.seen(large(11)).await.stored);
        let failed = place.seen(late(1, true)).await;
        assert_eq!((failed.answer, failed.stored), (Answer::Loaded, false));
        let none = place
            .seen(
                place
                    .cache
                    .get_or_load("key", Duration::ZERO, async || Ok::<_, ()>(1)),
            )
            .await;
        assert_eq!((none.function, none.stored), (None, false));
    })
    .await;
}

#[tokio::test]
async fn only_outermost_calls_are_seen() {
    on_each_store(async |place| {
        let load = place.seen(outer(1, &place.loader)).await;
        assert!(load.function.unwrap().ends_with("observer::outer"));
        assert_eq!(place.loader.runs(), 2);
        place.stored(3).await;
        let calls = async {
            outer(1, &place.loader).await;
            hour(2, &place.loader).await;
            hour::peek(2).await
        };
        let (_, calls) = place.see(Observer::new(), calls).await;
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls.iter().all(|call| call.answer == Answer::Hit));
    })
    .await;
}

#[tokio::test]
async fn shared_and_bypassed_calls_say_so() {
    on_each_store(async |mut place| {
        place.loader = CountingLoader::held();
        let both = async {
            future::join3(hour(1, &place.loader), hour(1, &place.loader), async {
                place.loader.started(1).await;
                place.loader.release();
            })
            .await
        };
        let (_, calls) = place.see(Observer::new(), both).await;
        let mut answers: Vec<Answer> = calls.iter().map(|call| call.answer).collect();
        answers.sort_by_key(|answer| *answer == Answer::Shared);
        assert_eq!(answers, [Answer::Loaded, Answer::Shared]);
        let bypassed = place.seen(place.cache.bypass(hour(1, &place.loader))).await;
        assert_eq!(bypassed.answer, Answer::Bypassed);
        place.stored(1).await;
        let refreshed = place.seen(hour::refresh(1, &place.loader)).await;
        assert_eq!((refreshed.answer, refreshed.stored), (Answer::Loaded, true));
        place.cache.shutdown().await;
        let off = place.seen(hour(1, &place.loader)).await;
        assert_eq!(off.answer, Answer::Bypassed);
    })
    .await;
}

#[tokio::test]
async fn value_past_its_ttl_is_stale_and_of_an_age() {
    on_each_store(async |place| {
        place.seen(late(1, false)).await;
        place.seen(lasting(1, false)).await;
        place.stored(2).await;
        place.aging.pass(65 * MINUTE);
        // What is loaded in the background is nobody's business.
        for stale in [
            place.seen(late(1, false)).await,
            place.seen(lasting(1, true)).await,
        ] {
            assert_eq!(
                (stale.answer, stale.fresh_for),
                (Answer::Stale, Some(Duration::ZERO))
            );
            assert!(is_about(stale.age, 65 * MINUTE), "{stale:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_older_than_asked_for_is_taken() {
    on_each_store(async |place| {
        place.seen(hour(1, &place.loader)).await;
        place.seen(late(1, false)).await;
        place.stored(2).await;
        place.aging.pass(20 * MINUTE);
        let within = |age| Observer::new().max_age(age);
        let (_, calls) = place.see(within(30 * MINUTE), hour(1, &place.loader)).await;
        assert_eq!(calls[0].answer, Answer::Hit);
        let (_, calls) = place.see(within(10 * MINUTE), hour(1, &place.loader)).await;
        assert_eq!((calls[0].answer, calls[0].stored), (Answer::Loaded, true));
        // For everybody.
        place.stored(3).await;
        let hit = place.seen(hour(1, &place.loader)).await;
        assert_eq!(hit.answer, Answer::Hit);
        assert!(is_about(hit.age, Duration::ZERO), "{hit:?}");
        // Nor what is past its ttl, however old the asker would take it.
        place.aging.pass(45 * MINUTE);
        let (_, calls) = place.see(within(600 * MINUTE), late(1, false)).await;
        assert_eq!(calls[0].answer, Answer::Loaded);
        assert_eq!(place.loader.runs(), 2);
    })
    .await;
}

#[tokio::test]
async fn call_that_would_load_is_refused_where_only_the_cache_counts() {
    on_each_store(async |place| {
        let only = || Observer::new().only_if_cached();
        for bypassed in [false, true] {
            let observer = only();
            let call = hour(1, &place.loader);
            let call = async {
                if bypassed {
                    place.cache.bypass(call).await
                } else {
                    call.await
                }
            };
            let mut call = pin!(place.cache.scope(observer.scope(call)));
            let refused = observer.refused();
            tokio::select! {
                _ = &mut call => panic!("it was answered"),
                () = refused => {}
            }
            assert_eq!(call.now_or_never(), None);
            // Also for those who ask late.
            observer.refused().await;
            assert_eq!(observer.calls(), []);
        }
        assert_eq!(place.loader.runs(), 0);
        // A task outlives the one who was refused.
        let (observer, loader) = (only(), place.loader.clone());
        let mut spawned = None;
        let spawn = async {
            let call = async move { hour(2, &loader).await };
            spawned = Some(tokio::spawn(in_current_scope(call)));
        };
        let spawn = observer.scope(spawn);
        {
            let mut asking = pin!(place.cache.scope(observer.scope(future::pending::<()>())));
            assert_eq!(asking.as_mut().now_or_never(), None);
            place.cache.scope(spawn).await;
            observer.refused().await;
            assert_eq!(place.loader.runs(), 0);
        }
        assert_eq!(spawned.unwrap().await.unwrap(), 2);
        assert_eq!(place.loader.runs(), 1);
        place.stored(1).await;
        // Nobody waits for a call that was refused.
        place.seen(hour(1, &place.loader)).await;
        place.stored(2).await;
        let (value, calls) = place.see(only(), hour(1, &place.loader)).await;
        assert_eq!((value, calls[0].answer), (1, Answer::Hit));
    })
    .await;
}

#[tokio::test]
async fn spawned_task_is_seen_in_the_current_scope_only() {
    on_each_store(async |place| {
        let elsewhere = Cache::in_memory().unwrap();
        let tasks = async {
            tokio::spawn(in_current_scope(async { large(11).await }))
                .await
                .unwrap();
            tokio::spawn(elsewhere.scope(async { large(12).await }))
                .await
                .unwrap();
            // Made here, and spawned by somebody else.
            let mut bypassed = None;
            let make = async { bypassed = Some(in_current_scope(large(13))) };
            place.cache.bypass(make).await;
            tokio::spawn(bypassed.unwrap()).await.unwrap();
        };
        let ((), calls) = place.see(Observer::new(), tasks).await;
        let answers: Vec<Answer> = calls.iter().map(|call| call.answer).collect();
        assert_eq!(answers, [Answer::Loaded, Answer::Bypassed]);
        assert_eq!(elsewhere.stats().total.loads, 1);
    })
    .await;
}

#[tokio::test]
async fn invalidation_of_a_task_waits_for_the_end_of_a_transaction_and_no_longer() {
    on_each_store(async |place| {
        let cache = &place.cache;
        let has = async || cache.scope(hour::peek(1)).await.is_some();
        place.seen(hour(1, &place.loader)).await;
        place.stored(1).await;
        let (commit, committed) = tokio::sync::oneshot::channel::<()>();
        let transaction = cache.after(async {
            tokio::spawn(in_current_scope(async { change(1).await }))
                .await
                .unwrap();
            assert!(has().await, "it is not committed yet");
            // Outlives the transaction.
            let late = tokio::spawn(in_current_scope(async move {
                committed.await.unwrap();
                change(1).await;
            }));
            Ok::<_, ()>(late)
        });
        let late = cache.scope(transaction).await.unwrap();
        assert!(!has().await);
        place.seen(hour(1, &place.loader)).await;
        place.stored(2).await;
        commit.send(()).unwrap();
        late.await.unwrap();
        assert!(!has().await, "there is no transaction any more");
    })
    .await;
}

#[tokio::test]
async fn many_calls_are_counted_and_the_first_are_kept() {
    let place = Place::new(Store::Memory);
    let observer = Observer::new();
    let calls = async {
        for value in 0..100 {
            large(value).await;
        }
    };
    let ((), calls) = place.see(observer.clone(), calls).await;
    assert_eq!((calls.len(), observer.beyond()), (64, 36));
}
