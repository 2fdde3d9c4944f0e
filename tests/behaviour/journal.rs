//! Invalidations that somebody or something interrupts: callers that go away, bodies that panic, a server that
//! does not answer.

use std::future::pending;
use std::time::{Duration, Instant};

use cached_core::{Cache, Invalidated, cached, invalidates};
use tests::{CountingLoader, RedisServer, every_store};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

/// The deadline of one operation where a server does not answer.
const DEADLINE: Duration = Duration::from_millis(150);

/// The time that a busy machine may add to it.
const SLACK: Duration = Duration::from_millis(350);

#[cached(ttl = "1h", prefix = "user:{id}:name", tags = ["names"])]
async fn name(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[invalidates("user:{id}:*")]
async fn rename(id: u64, loader: CountingLoader) {
    loader.load(()).await;
}

#[invalidates("user:{id}:*")]
async fn rename_and_panic(id: u64) -> Result<(), ()> {
    assert!(id == 0, "on purpose");
    Err(())
}

#[invalidates("user:{ret}:*", "user:{id}:avatar")]
async fn rename_returned(id: u64, loader: CountingLoader) -> u64 {
    loader.load(id).await
}

/// Calls until it is found without its body.
async fn keep(cache: &Cache, id: u64) {
    let kept = timeout(PATIENCE, async {
        while cache.scope(name::peek(id)).await.is_none() {
            cache.scope(name(id, CountingLoader::new())).await;
            tokio::task::yield_now().await;
        }
    });
    kept.await.expect("it is cached");
}

async fn is_kept(cache: &Cache, id: u64) -> bool {
    cache.scope(name::peek(id)).await.is_some()
}

async fn until_gone(cache: &Cache, id: u64) {
    let gone = timeout(PATIENCE, async {
        while is_kept(cache, id).await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    gone.await.expect("it is invalidated");
}

#[tokio::test]
async fn caller_that_goes_away_while_the_body_runs_invalidates() {
    every_store("away", async |cache| {
        keep(&cache, 1).await;
        let loader = CountingLoader::held();
        let write = tokio::spawn(cache.scope(rename(1, loader.clone())));
        timeout(PATIENCE, loader.started(1)).await.unwrap();
        assert!(is_kept(&cache, 1).await, "the body may not have written");
        write.abort();
        assert!(write.await.unwrap_err().is_cancelled());
        until_gone(&cache, 1).await;
        keep(&cache, 1).await;
    })
    .await;
}

#[tokio::test]
async fn caller_that_goes_away_when_the_body_has_ended_invalidates() {
    every_store("ended", async |cache| {
        // At each place where the future waits.
        for polls in 0..10 {
            keep(&cache, 1).await;
            let loader = CountingLoader::new();
            let mut write = Box::pin(cache.scope(rename(1, loader.clone())));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            for _ in 0..polls {
                if write.as_mut().poll(&mut context).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(write);
            if loader.runs() == 1 {
                until_gone(&cache, 1).await;
            } else {
                assert!(is_kept(&cache, 1).await, "it was never polled");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn body_that_panics_invalidates() {
    every_store("panics", async |cache| {
        keep(&cache, 1).await;
        let panicked = tokio::spawn(cache.scope(rename_and_panic(1))).await;
        assert!(panicked.unwrap_err().is_panic());
        until_gone(&cache, 1).await;
    })
    .await;
}

#[tokio::test]
async fn what_the_returned_value_names_is_invalidated_only_if_there_is_one() {
    every_store("returned", async |cache| {
        keep(&cache, 1).await;
        cache.set("user:1:avatar", &1, None).await.unwrap();
        let loader = CountingLoader::held();
        let write = tokio::spawn(cache.scope(rename_returned(1, loader.clone())));
        timeout(PATIENCE, loader.started(1)).await.unwrap();
        write.abort();
        assert!(write.await.unwrap_err().is_cancelled());
        let gone = timeout(PATIENCE, async {
            while cache.exists("user:1:avatar").await.unwrap() {
                tokio::task::yield_now().await;
            }
        });
        gone.await.unwrap();
        assert!(is_kept(&cache, 1).await);
    })
    .await;
}

#[tokio::test]
async fn shutdown_waits_for_what_callers_left_behind() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| handle(&server, PATIENCE));
    keep(&other, 1).await;
    // Polled once: the body has run.
    let mut write = Box::pin(cache.scope(rename(1, CountingLoader::new())));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(write.as_mut().poll(&mut context).is_pending());
    drop(write);
    cache.shutdown().await;
    assert!(!is_kept(&other, 1).await);
    // And the cache that is shut down still invalidates what its users write.
    keep(&other, 1).await;
    cache.scope(rename(1, CountingLoader::new())).await;
    until_gone(&other, 1).await;
}

fn handle(server: &RedisServer, deadline: Duration) -> Cache {
    Cache::builder()
        .redis_url(server.url())
        .namespace("journal")
        .op_timeout(deadline)
        .connect_timeout(deadline)
        .build()
        .unwrap()
}

/// Lets the server refuse to delete, or not any more: it can be read, but nothing is invalidated.
fn refuse_deletions(server: &RedisServer, refuse: bool) {
    let rule = if refuse { "-unlink" } else { "+unlink" };
    assert_eq!(server.cli(&["ACL", "SETUSER", "default", rule]), "OK");
}

/// The values in the database: the one before, and the one now.
const OLD: u64 = 1;
const NEW: u64 = 2;

#[cached(ttl = "1h", prefix = "user:{id}:version", tags = ["versions"])]
async fn version(id: u64, #[cached(skip)] now: u64) -> u64 {
    let _ = id;
    now
}

/// Calls until the value is a hit.
async fn keep_version(cache: &Cache, id: u64, now: u64) {
    let kept = timeout(PATIENCE, async {
        while cache.scope(version::peek(id)).await != Some(now) {
            cache.scope(version(id, now)).await;
            tokio::task::yield_now().await;
        }
    });
    kept.await.expect("it is cached");
}

#[tokio::test]
async fn postponed_invalidation_holds_in_this_process_and_later_in_all() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| handle(&server, DEADLINE));
    for id in 1..=5 {
        keep_version(&cache, id, OLD).await;
        keep_version(&other, id, OLD).await;
    }
    refuse_deletions(&server, true);
    let postponed = cache.invalidate("user:1").await.unwrap();
    assert_eq!(postponed, Invalidated::Postponed);
    let postponed = cache.scope(version::invalidate(2)).await.unwrap();
    assert_eq!(postponed, Invalidated::Postponed);
    cache.scope(rename(3, CountingLoader::new())).await;
    assert_eq!(cache.stats().total.postponed, 3);
    for id in 1..=3 {
        for _ in 0..3 {
            // The server still has the old value; who cannot know takes it, and this process does not.
            let seen = cache.scope(version::peek(id)).await;
            assert_ne!(seen, Some(OLD), "{id}");
            assert_eq!(cache.scope(version(id, NEW)).await, NEW);
        }
    }
    // What it did not invalidate is still a hit.
    assert_eq!(cache.scope(version(4, NEW)).await, OLD);
    assert_eq!(other.scope(version(5, NEW)).await, OLD);
    let postponed = cache.invalidate_tag("versions").await.unwrap();
    assert_eq!(postponed, Invalidated::Postponed);
    assert_eq!(cache.scope(version(4, NEW)).await, NEW);

    refuse_deletions(&server, false);
    let applied = timeout(PATIENCE, async {
        for id in 1..=5 {
            while other.scope(version(id, NEW)).await != NEW {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    applied.await.expect("it is sent again");
    for id in 1..=5 {
        assert_eq!(cache.scope(version(id, NEW)).await, NEW);
        keep_version(&cache, id, NEW).await;
        keep_version(&other, id, NEW).await;
    }
}

#[tokio::test]
async fn deletion_by_key_that_is_refused_is_an_error_and_is_sent_again() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| handle(&server, DEADLINE));
    cache.set("note", &1_u8, None).await.unwrap();
    refuse_deletions(&server, true);
    cache.delete("note").await.unwrap_err();
    assert_eq!(cache.get::<u8>("note").await.unwrap(), None);
    assert_eq!(other.get::<u8>("note").await.unwrap(), Some(1));
    refuse_deletions(&server, false);
    let gone = timeout(PATIENCE, async {
        while other.get::<u8>("note").await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    gone.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_server_postpones_within_the_deadline_and_does_not_bring_the_old_value_back() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| handle(&server, DEADLINE));
    for id in 0..20 {
        keep_version(&cache, id, OLD).await;
        keep_version(&other, id, OLD).await;
    }
    server.freeze();
    let began = Instant::now();
    let postponed = cache.invalidate("user").await.unwrap();
    assert_eq!(postponed, Invalidated::Postponed);
    assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
    let began = Instant::now();
    cache.scope(rename(1, CountingLoader::new())).await;
    assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
    assert_eq!(cache.scope(version(1, NEW)).await, NEW);
    server.thaw();
    // Whatever the order in which the server does what it was sent.
    for _ in 0..10 {
        for id in 0..20 {
            assert_eq!(cache.scope(version(id, NEW)).await, NEW);
        }
    }
    let applied = timeout(PATIENCE, async {
        for id in 0..20 {
            while other.scope(version(id, NEW)).await != NEW {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    applied.await.expect("it is sent again");
    keep_version(&cache, 1, NEW).await;
    keep_version(&other, 1, NEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_server_postpones_and_is_told_when_it_is_back() {
    let server = RedisServer::start();
    let cache = handle(&server, DEADLINE);
    keep(&cache, 1).await;
    server.kill();
    for _ in 0..3 {
        let began = Instant::now();
        let postponed = cache.invalidate("user:1").await.unwrap();
        assert_eq!(postponed, Invalidated::Postponed);
        assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
    }
    server.restart();
    keep(&cache, 1).await;
    let applied = timeout(PATIENCE, async {
        while cache.invalidate("user:1").await.unwrap() != Invalidated::Applied {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    applied.await.unwrap();
}

#[tokio::test]
async fn journal_that_is_full_covers_everything() {
    let server = RedisServer::start();
    let builder = Cache::builder()
        .redis_url(server.url())
        .namespace("journal")
        .op_timeout(PATIENCE)
        .connect_timeout(PATIENCE);
    let cache = builder.journal_capacity(4).build().unwrap();
    let other = handle(&server, PATIENCE);
    for id in 1..=20 {
        keep_version(&cache, id, OLD).await;
        keep_version(&other, id, OLD).await;
    }
    refuse_deletions(&server, true);
    for id in 1..=20 {
        let postponed = cache.invalidate(format!("user:{id}")).await.unwrap();
        assert_eq!(postponed, Invalidated::Postponed);
    }
    for id in 1..=20 {
        // In this order: what the first one loads it stores, and that is new.
        assert_eq!(other.scope(version(id, NEW)).await, OLD, "{id}");
        assert_eq!(cache.scope(version(id, NEW)).await, NEW, "{id}");
    }
    refuse_deletions(&server, false);
    let applied = timeout(PATIENCE, async {
        for id in 1..=20 {
            while other.scope(version(id, NEW)).await != NEW {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    applied.await.expect("it is sent again");
    keep_version(&cache, 30, NEW).await;
}

#[tokio::test]
async fn caller_that_goes_away_from_a_silent_server_invalidates_when_it_speaks_again() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| handle(&server, DEADLINE));
    keep(&cache, 1).await;
    keep(&other, 1).await;
    refuse_deletions(&server, true);
    let write = cache.scope(async {
        let invalidation = cache.invalidate("user:1");
        tokio::pin!(invalidation);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(invalidation.as_mut().poll(&mut context).is_pending());
    });
    write.await;
    let covered = timeout(PATIENCE, async {
        while is_kept(&cache, 1).await {
            tokio::task::yield_now().await;
        }
    });
    covered.await.unwrap();
    assert!(is_kept(&other, 1).await);
    refuse_deletions(&server, false);
    until_gone(&other, 1).await;
}

/// An operation that never comes back must not keep the future of a caller alive.
#[tokio::test]
async fn body_that_never_ends_invalidates_when_its_caller_gives_up() {
    #[invalidates("user:{id}:*")]
    async fn forever(id: u64) {
        pending::<()>().await;
    }
    every_store("forever", async |cache| {
        keep(&cache, 1).await;
        let gave_up = timeout(Duration::from_millis(10), cache.scope(forever(1))).await;
        assert!(gave_up.is_err());
        until_gone(&cache, 1).await;
    })
    .await;
}

/// A program that only writes reads nothing that could notice what is left.
#[test]
fn what_an_ended_runtime_left_behind_goes_with_the_next_invalidation() {
    #[invalidates("user:{id}:*")]
    async fn forever(id: u64) {
        pending::<()>().await;
    }
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let server = RedisServer::start();
    let (writer, other) = (handle(&server, PATIENCE), handle(&server, PATIENCE));
    let (ended, lasting) = (runtime(), runtime());
    lasting.block_on(keep(&other, 1));
    ended.block_on(async {
        tokio::spawn(writer.scope(forever(1)));
        tokio::task::yield_now().await;
    });
    drop(ended);
    lasting.block_on(async {
        assert!(is_kept(&other, 1).await, "nobody has sent it");
        assert!(writer.invalidate("team:1").await.unwrap().is_applied());
        until_gone(&other, 1).await;
    });
}
