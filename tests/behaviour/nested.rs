//! Invalidations inside bodies, bodies inside invalidations, and transactions around both.

use std::future::pending;
use std::time::Duration;

use cached_core::{Cache, cached, invalidates};
use tests::{CountingLoader, RedisServer, every_store};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

#[cached(ttl = "1h", prefix = "user:{id}:name")]
async fn name(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[invalidates("user:{id}:*")]
async fn rename(id: u64) {}

#[invalidates("user:{id}:*")]
async fn try_rename(id: u64, succeeds: bool) -> Result<(), ()> {
    if succeeds { Ok(()) } else { Err(()) }
}

/// Loads what its own group covers, and invalidates that group on the way.
#[cached(ttl = "1h", prefix = "user:{id}:greeting")]
async fn greeting(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    let inner = name(id, loader.clone()).await;
    rename(id).await;
    inner + loader.load(1).await
}

/// Calls what it invalidates, before and after.
#[invalidates(name(id))]
async fn update(id: u64, loader: CountingLoader) -> (u64, u64) {
    (name(id, loader.clone()).await, name(id, loader).await)
}

/// Waits until `name` of `id` is found without its body, or never is.
async fn is_kept(id: u64) -> bool {
    for _ in 0..50 {
        if name::peek(id).await.is_some() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    false
}

async fn keep(id: u64) {
    name(id, CountingLoader::new()).await;
    let kept = timeout(PATIENCE, async {
        while name::peek(id).await.is_none() {
            tokio::task::yield_now().await;
        }
    });
    kept.await.expect("it is cached");
}

#[tokio::test]
async fn value_whose_body_invalidated_its_group_is_returned_and_not_a_later_hit() {
    every_store("inside", async |cache| {
        let loader = CountingLoader::new();
        for round in 1..=3 {
            let value = timeout(PATIENCE, greeting(7, loader.clone())).await;
            assert_eq!(value, Ok(8));
            // The body of each round began before its own invalidation, and so did the inner one's.
            assert_eq!(loader.runs(), 2 * round);
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(greeting::peek(7).await, None);
            assert_eq!(name::peek(7).await, None);
        }
        assert_eq!(cache.stats().total.errors, 0);
    })
    .await;
}

#[tokio::test]
async fn cached_call_inside_an_invalidating_body_is_invalidated_with_it() {
    every_store("called", async |_| {
        let loader = CountingLoader::new();
        keep(7).await;
        // Inside the body nothing is invalidated yet.
        let values = timeout(PATIENCE, update(7, loader.clone())).await;
        assert_eq!(values, Ok((7, 7)));
        assert_eq!(loader.runs(), 0);
        assert_eq!(name::peek(7).await, None);
        // Also what it cached itself.
        update(8, loader.clone()).await;
        assert_eq!(loader.runs(), 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(name::peek(8).await, None);
        keep(7).await;
    })
    .await;
}

#[tokio::test]
async fn invalidations_inside_a_transaction_are_applied_behind_it() {
    every_store("after", async |cache| {
        for id in [1, 2, 3] {
            keep(id).await;
        }
        let committed = cache
            .after(async {
                rename(1).await;
                let _ = cache.invalidate("user:2").await.unwrap();
                // Until it is committed, everybody reads the old row, and may cache it.
                assert!(name::peek(1).await.is_some());
                assert!(name::peek(2).await.is_some());
                Ok::<_, ()>(5)
            })
            .await;
        assert_eq!(committed, Ok(5));
        assert_eq!(name::peek(1).await, None);
        assert_eq!(name::peek(2).await, None);
        assert!(name::peek(3).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn transaction_that_fails_invalidates_nothing() {
    every_store("rolled-back", async |cache| {
        keep(1).await;
        let outcome: Result<(), u8> = cache
            .after(async {
                rename(1).await;
                let _ = name::invalidate(1).await.unwrap();
                Err(3)
            })
            .await;
        assert_eq!(outcome, Err(3));
        assert!(is_kept(1).await);
        // What failed inside is nothing either.
        let outcome = cache
            .after(async {
                let _ = try_rename(1, false).await;
                Ok::<_, ()>(())
            })
            .await;
        assert_eq!(outcome, Ok(()));
        assert!(is_kept(1).await);
        let _ = cache.after(try_rename(1, true)).await;
        assert_eq!(name::peek(1).await, None);
    })
    .await;
}

/// Nobody knows whether the database took it: then the old value must go.
#[tokio::test]
async fn transaction_that_is_dropped_or_panics_invalidates() {
    every_store("dropped", async |cache| {
        keep(1).await;
        let transaction = cache.after(async {
            rename(1).await;
            pending::<Result<(), ()>>().await
        });
        let dropped = timeout(Duration::from_millis(20), transaction).await;
        assert!(dropped.is_err());
        until_gone(1).await;

        keep(2).await;
        let panicking = tokio::spawn(cache.scope({
            let cache = cache.clone();
            async move {
                let transaction = cache.after(async {
                    rename(2).await;
                    commits_and_panics()
                });
                let _ = transaction.await;
            }
        }));
        assert!(panicking.await.unwrap_err().is_panic());
        until_gone(2).await;
    })
    .await;
}

fn commits_and_panics() -> Result<(), ()> {
    panic!("on purpose")
}

async fn until_gone(id: u64) {
    let gone = timeout(PATIENCE, async {
        while name::peek(id).await.is_some() {
            tokio::task::yield_now().await;
        }
    });
    gone.await.expect("it is invalidated");
}

/// Before the end of the transaction somebody would load what was there before it.
#[tokio::test]
async fn call_that_is_dropped_inside_a_transaction_invalidates_behind_it() {
    #[invalidates("user:{id}:*")]
    async fn rename_for_ever(id: u64) {
        pending::<()>().await;
    }
    every_store("dropped-inside", async |cache| {
        keep(1).await;
        let transaction = async {
            let call = timeout(Duration::from_millis(10), rename_for_ever(1));
            assert!(call.await.is_err());
            assert!(is_kept(1).await, "too early");
            Ok::<_, ()>(())
        };
        cache.after(transaction).await.unwrap();
        assert_eq!(name::peek(1).await, None);
    })
    .await;
}

#[tokio::test]
async fn transaction_that_never_ran_invalidates_nothing() {
    every_store("never", async |cache| {
        keep(1).await;
        drop(cache.after(async {
            rename(1).await;
            Ok::<_, ()>(())
        }));
        drop(rename(1));
        assert!(is_kept(1).await);
    })
    .await;
}

#[tokio::test]
async fn transaction_inside_a_transaction_waits_for_the_outer_one() {
    every_store("twice", async |cache| {
        keep(1).await;
        keep(2).await;
        let outer = cache.after(async {
            let inner = cache.after(async {
                rename(1).await;
                Ok::<_, ()>(())
            });
            inner.await?;
            assert!(name::peek(1).await.is_some());
            rename(2).await;
            Ok::<_, ()>(())
        });
        assert_eq!(outer.await, Ok(()));
        assert_eq!(name::peek(1).await, None);
        assert_eq!(name::peek(2).await, None);
        keep(1).await;
        let outer: Result<(), u8> = cache
            .after(async {
                let inner = cache.after(async {
                    rename(1).await;
                    Ok::<_, ()>(())
                });
                assert_eq!(inner.await, Ok(()));
                Err(1)
            })
            .await;
        assert_eq!(outer, Err(1));
        assert!(is_kept(1).await);
    })
    .await;
}

/// A transaction of one cache does not hold back another's invalidations.
#[tokio::test]
async fn transaction_concerns_its_own_cache() {
    every_store("other", async |cache| {
        keep(1).await;
        let other = Cache::in_memory().unwrap();
        let outcome: Result<(), ()> = other
            .after(async {
                rename(1).await;
                assert_eq!(name::peek(1).await, None);
                Err(())
            })
            .await;
        assert_eq!(outcome, Err(()));
        assert_eq!(name::peek(1).await, None);
        let _ = cache;
    })
    .await;
}

/// Cached, and a write whenever its body runs.
#[cached(ttl = "1h", prefix = "order:{id}")]
#[invalidates("user:{id}:*")]
async fn order(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

/// The same in the other order.
#[invalidates("user:{id}:*")]
#[cached(ttl = "1h", prefix = "offer:{id}")]
async fn offer(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[tokio::test]
async fn function_with_both_attributes_invalidates_when_its_body_ran() {
    every_store("both", async |_| {
        let loader = CountingLoader::new();
        keep(1).await;
        order(1, loader.clone()).await;
        assert_eq!(name::peek(1).await, None);
        keep(1).await;
        while order::peek(1).await.is_none() {
            tokio::task::yield_now().await;
        }
        order(1, loader.clone()).await;
        assert_eq!(loader.runs(), 1);
        assert!(name::peek(1).await.is_some());

        offer(1, loader.clone()).await;
        assert_eq!(name::peek(1).await, None);
        keep(1).await;
        while offer::peek(1).await.is_none() {
            tokio::task::yield_now().await;
        }
        offer(1, loader.clone()).await;
        assert_eq!(loader.runs(), 2);
        assert!(name::peek(1).await.is_some());
    })
    .await;
}

/// Its old value is older than what the caller has: it goes, whatever becomes of the transaction.
#[tokio::test]
async fn set_that_the_store_refuses_leaves_no_old_value_behind_a_transaction() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .op_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .build()
        .unwrap();
    cache.set("balance", &1, None).await.unwrap();
    server.cli(&["ACL", "SETUSER", "default", "-set"]);
    let transaction = async {
        assert!(cache.set("balance", &2, None).await.is_err());
        Err::<(), _>(())
    };
    cache.after(transaction).await.unwrap_err();
    assert_eq!(cache.get::<i32>("balance").await.unwrap(), None);
    let gone = timeout(PATIENCE, async {
        while server.cli(&["EXISTS", "cached:balance"]) == "1" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    gone.await.expect("it is deleted");
}
