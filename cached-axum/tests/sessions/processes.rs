//! Several processes with the same sessions.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicBool, Ordering},
};

use cached_axum::sessions::CacheStore;
use cached_core::Cache;
use serde_json::json;
use tests::every_store;
use tokio::task::JoinSet;
use tower_sessions::{SessionStore, session::Id};

use crate::{created, processes, record};

const PROCESSES: usize = 4;

fn stores(name: &str) -> Vec<CacheStore> {
    let caches = processes(name, PROCESSES);
    caches.into_iter().map(CacheStore::new).collect()
}

#[tokio::test]
async fn session_of_one_process_is_one_of_all() {
    let stores = stores("shared");
    let mut session = created(&stores[0], "Ada").await;
    for store in &stores {
        assert_eq!(
            store.load(&session.id).await.unwrap().as_ref(),
            Some(&session)
        );
    }
    session.data.insert("more".to_owned(), json!(1));
    stores[1].save(&session).await.unwrap();
    for store in &stores {
        assert_eq!(
            store.load(&session.id).await.unwrap().as_ref(),
            Some(&session)
        );
    }
    stores[2].delete(&session.id).await.unwrap();
    for store in &stores {
        assert_eq!(store.load(&session.id).await.unwrap(), None);
    }
}

/// Creates a hundred sessions that all want one id, and says how many got it. Each is there in the end.
async fn who_got_it(stores: &[CacheStore]) -> usize {
    let wanted = record(&json!(0)).id;
    let mut creators = JoinSet::new();
    for number in 0..100 {
        let store = stores[number % stores.len()].clone();
        creators.spawn(async move {
            let mut session = record(&json!(number));
            session.id = wanted;
            store.create(&mut session).await.unwrap();
            session
        });
    }
    let sessions = creators.join_all().await;
    for session in &sessions {
        let loaded = stores[0].load(&session.id).await.unwrap();
        assert_eq!(loaded.as_ref(), Some(session));
    }
    sessions
        .iter()
        .filter(|session| session.id == wanted)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_sessions_that_want_one_id_one_gets_it() {
    every_store("one-id", async |cache| {
        for _ in 0..20 {
            assert_eq!(who_got_it(&[CacheStore::new(cache.clone())]).await, 1);
        }
    })
    .await;
}

/// Threads, because in memory nothing waits: only those meet that begin at the same moment.
#[test]
fn of_two_threads_that_want_one_id_one_gets_it() {
    let store = CacheStore::new(Cache::in_memory().unwrap());
    let ids: Vec<Id> = (0..20_000).map(|_| Id::default()).collect();
    let start = Barrier::new(2);
    let got = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let got = ids.iter().map(|id| {
            let mut session = record(&json!(0));
            session.id = *id;
            start.wait();
            runtime.block_on(store.create(&mut session)).unwrap();
            session.id == *id
        });
        got.collect::<Vec<bool>>()
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(got);
        (got(), other.join().unwrap())
    });
    let shares = one.iter().zip(&other).filter(|(one, other)| one == other);
    assert_eq!(shares.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_sessions_in_several_processes_that_want_one_id_one_gets_it() {
    let stores = stores("one-id-of-all");
    for _ in 0..20 {
        assert_eq!(who_got_it(&stores).await, 1);
    }
}

/// Parallel requests of one browser, each of which saves the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn session_that_several_processes_save_is_never_gone() {
    let stores = stores("saved-by-all");
    let session = created(&stores[0], "Ada").await;
    let over = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for store in stores.clone() {
        let (over, id) = (Arc::clone(&over), session.id);
        readers.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                assert!(store.load(&id).await.unwrap().is_some());
            }
        });
    }
    let mut writers = JoinSet::new();
    for (process, store) in stores.iter().enumerate() {
        for task in 0..4 {
            let (store, mut session) = (store.clone(), session.clone());
            writers.spawn(async move {
                for turn in 0..50 {
                    session
                        .data
                        .insert("by".to_owned(), json!([process, task, turn]));
                    store.save(&session).await.unwrap();
                }
            });
        }
    }
    writers.join_all().await;
    over.store(true, Ordering::Relaxed);
    readers.join_all().await;
    // Who comes last stays, as everywhere.
    let mut last = session;
    last.data.insert("by".to_owned(), json!("last"));
    stores[3].save(&last).await.unwrap();
    for store in &stores {
        assert_eq!(store.load(&last.id).await.unwrap().as_ref(), Some(&last));
    }
}

/// A user who logs out while requests are under way, in whatever process, is logged out.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn session_that_is_deleted_while_all_save_it_stays_deleted() {
    let stores = stores("ended");
    for _ in 0..20 {
        check_end(&stores).await;
    }
    every_store("ended-here", async |cache| {
        let stores = vec![CacheStore::new(cache); PROCESSES];
        for _ in 0..20 {
            check_end(&stores).await;
        }
    })
    .await;
}

async fn check_end(stores: &[CacheStore]) {
    let session = created(&stores[0], "Ada").await;
    let mut writers = JoinSet::new();
    for store in stores {
        let (store, session) = (store.clone(), session.clone());
        // Until it is told that the session was ended.
        writers.spawn(async move {
            while store.save(&session).await.is_ok() {
                // In memory nothing waits.
                tokio::task::yield_now().await;
            }
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    stores[1].delete(&session.id).await.unwrap();
    for store in stores {
        assert_eq!(store.load(&session.id).await.unwrap(), None);
    }
    let told = tokio::time::timeout(std::time::Duration::from_secs(30), writers.join_all());
    assert!(told.await.is_ok(), "a save is not told of the end");
    for store in stores {
        assert_eq!(store.load(&session.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn each_save_is_what_is_loaded_after_it() {
    every_store("last", async |cache| {
        let store = CacheStore::new(cache);
        let mut session = created(&store, "Ada").await;
        for turn in 0..50 {
            session.data.insert("turn".to_owned(), json!(turn));
            store.save(&session).await.unwrap();
            assert_eq!(
                store.load(&session.id).await.unwrap().as_ref(),
                Some(&session)
            );
        }
    })
    .await;
}
