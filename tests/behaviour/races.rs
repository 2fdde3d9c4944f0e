//! Two threads that do something to one entry in memory at the same moment. Nothing waits there, so only threads
//! that begin together meet: some ten times in these rounds, where one of these rules is broken.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cached_core::{Cache, Key};

const ROUNDS: u64 = 60_000;
const MINUTE: Duration = Duration::from_secs(60);

/// Puts `"old"` at a key, then lets `other` run while this thread sets `"new"` and looks at once what is there. Says
/// in how many rounds it was `"old"`.
fn old_after_a_set<F>(other: impl Fn(Cache, Key) -> F + Sync) -> usize
where
    F: Future<Output = ()>,
{
    // One pair at a time: more threads than processors do not meet.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cache = Cache::in_memory().unwrap();
    let (started, ended) = (Rounds::default(), Rounds::default());
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (runtime, ended) = (runtime(), Counts(&ended));
            for round in 0..ROUNDS {
                started.wait_for(round);
                // Into every moment of what the other thread does.
                for _ in 0..round % 512 {
                    std::hint::spin_loop();
                }
                runtime.block_on(other(cache.clone(), Key::from(format!("entry:{round}"))));
                ended.one_more();
            }
        });
        let (runtime, started) = (runtime(), Counts(&started));
        let mut old = 0;
        for round in 0..ROUNDS {
            let key = Key::from(format!("entry:{round}"));
            let set = async |value: &str| cache.set(&key, &value.to_owned(), MINUTE).await.unwrap();
            runtime.block_on(set("old"));
            started.one_more();
            let seen: Option<String> = runtime.block_on(async {
                set("new").await;
                cache.get(&key).await.unwrap()
            });
            old += usize::from(seen.is_some_and(|seen| seen == "old"));
            // Who lags behind meets nobody.
            ended.wait_for(round);
        }
        old
    })
}

/// The number of rounds that one of the threads has come to.
#[derive(Default)]
struct Rounds(AtomicU64);

impl Rounds {
    fn wait_for(&self, round: u64) {
        while self.0.load(SeqCst) <= round {
            std::thread::yield_now();
        }
    }
}

/// Counts the rounds of its thread: all of them in the end, so that nobody waits for one that has panicked.
struct Counts<'a>(&'a Rounds);

impl Counts<'_> {
    fn one_more(&self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}

impl Drop for Counts<'_> {
    fn drop(&mut self) {
        self.0.0.store(ROUNDS, SeqCst);
    }
}

#[test]
fn what_a_set_replaced_is_not_seen_while_it_is_deleted() {
    let delete = async |cache: Cache, key| {
        cache.delete(key).await.unwrap();
    };
    assert_eq!(old_after_a_set(delete), 0);
}

#[test]
fn what_a_set_replaced_is_not_seen_while_it_is_taken() {
    let take = async |cache: Cache, key| {
        cache.take::<String>(key).await.unwrap();
    };
    assert_eq!(old_after_a_set(take), 0);
}

#[test]
fn what_a_set_replaced_is_not_seen_while_another_sets() {
    let set = async |cache: Cache, key| {
        cache.set(key, &"other".to_owned(), MINUTE).await.unwrap();
    };
    assert_eq!(old_after_a_set(set), 0);
}

#[test]
fn what_a_set_replaced_is_not_seen_while_another_refreshes() {
    let refresh = async |cache: Cache, key| {
        let load = async || Ok::<String, ()>("other".to_owned());
        let loaded = cache.refresh(cache.get_or_load(key, MINUTE, load)).await;
        loaded.unwrap();
    };
    assert_eq!(old_after_a_set(refresh), 0);
}
