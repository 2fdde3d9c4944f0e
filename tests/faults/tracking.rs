//! Markers of which the server tells when they change: whoever changes them however, the next call knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use cached_core::{Cache, Outage, cached};
use tests::{CountingLoader, RedisServer, Reply};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::load_generator::PATIENCE;

#[cached(ttl = "1h", prefix = "seen:{id}", tags = ["of:{id}"])]
async fn seen(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

/// The value that a writer has written.
#[cached(ttl = "1h", prefix = "version:{id}", tags = ["even:{id}"])]
async fn version(id: u64, #[cached(skip)] source: Arc<AtomicU64>) -> u64 {
    source.load(SeqCst)
}

fn cache(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    let builder = builder.op_timeout(PATIENCE).connect_timeout(PATIENCE);
    builder.outage(Outage::Origin).build().unwrap()
}

async fn is_hit(cache: &Cache, id: u64) -> bool {
    let loader = CountingLoader::new();
    let call = cache.scope(seen(id, loader.clone()));
    assert_eq!(timeout(PATIENCE, call).await.expect("it answers"), id);
    loader.runs() == 0
}

/// Calls until there are some hits in a row: its markers are watched where that can be.
async fn keep(cache: &Cache, id: u64) {
    let kept = timeout(PATIENCE, async {
        let mut hits = 0;
        while hits < 4 {
            let is_hit = is_hit(cache, id).await;
            hits = if is_hit { hits + 1 } else { 0 };
            if !is_hit {
                sleep(Duration::from_millis(1)).await;
            }
        }
    });
    kept.await.expect("it is cached");
}

/// The markers that are watched for hits of `id` 1, and their entry left out.
fn markers(server: &RedisServer, namespace: &str) -> Vec<String> {
    let keys = server.keys(&format!("{namespace}:*"));
    let markers = keys.into_iter().filter(|key| key.contains(":%"));
    markers.collect()
}

/// The commands that anybody may send about a key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_that_anybody_changes_makes_the_next_call_load() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), "anybody");
    let ways: [&[&str]; 9] = [
        &["UNLINK", "key"],
        &["DEL", "key"],
        &["GETDEL", "key"],
        &["EXPIRE", "key", "0"],
        &["PEXPIREAT", "key", "1"],
        &["SET", "key", "0123456789abcdef0123456789abcdef"],
        &["RENAME", "key", "elsewhere"],
        &["MOVE", "key", "1"],
        &["EVAL", "redis.call('UNLINK', KEYS[1])", "1", "key"],
    ];
    keep(&cache, 1).await;
    let count = markers(&server, "anybody").len();
    assert!(count >= 4, "{:?}", server.keys("*"));
    for way in ways {
        for marker in 0..count {
            keep(&cache, 1).await;
            let markers = markers(&server, "anybody");
            let named = way.iter().map(|word| match *word {
                "key" => markers[marker].as_str(),
                word => word,
            });
            let command: Vec<&str> = named.collect();
            let said = server.command(&command);
            assert!(!matches!(said, Reply::Error(_)), "{said} to {command:?}");
            assert!(!is_hit(&cache, 1).await, "after {command:?}");
            server.command(&["FLUSHDB"]);
        }
    }
    for flush in [&["FLUSHALL"][..], &["FLUSHDB"], &["FLUSHALL", "ASYNC"]] {
        keep(&cache, 1).await;
        server.command(flush);
        assert!(!is_hit(&cache, 1).await, "after {flush:?}");
    }
    // One whose time is over: by and by the server finds out by itself.
    keep(&cache, 1).await;
    let marker = &markers(&server, "anybody")[0];
    server.command(&["PEXPIRE", marker, "10"]);
    let expired = timeout(PATIENCE, async {
        while is_hit(&cache, 1).await {
            sleep(Duration::from_millis(5)).await;
        }
    });
    expired.await.expect("it has expired");
}

/// The entry alone stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_that_is_evicted_makes_the_next_call_load() {
    let server = RedisServer::builder()
        .argument("--maxmemory-policy", "volatile-lru")
        .start();
    let cache = cache(&server.url(), "evicted");
    for _ in 0..10 {
        keep(&cache, 1).await;
        let entry = server.keys("evicted:seen*");
        assert_eq!(
            server.cli(&["PERSIST", &entry[0]]),
            "1",
            "it cannot be evicted"
        );
        server.limit_memory("1");
        server.cli(&["GET", "nothing"]);
        server.limit_memory("0");
        assert!(markers(&server, "evicted").is_empty());
        assert_eq!(server.keys("evicted:seen*"), entry);
        assert!(!is_hit(&cache, 1).await);
        keep(&cache, 1).await;
    }
}

/// A call that begins after an invalidation gets what was written before it, however many share its read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_takes_what_was_invalidated_before_it_began() {
    const FOR: Duration = Duration::from_secs(6);
    let server = RedisServer::start();
    let [readers, writer] = [(); 2].map(|()| cache(&server.url(), "loop"));
    let (source, applied) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let (readers, source, applied) = (readers.clone(), source.clone(), applied.clone());
        tasks.spawn(async move {
            let mut calls = 0;
            while began.elapsed() < FOR {
                let written = applied.load(SeqCst);
                let id = (task + calls) % 2;
                let read = readers.scope(version(id, source.clone())).await;
                assert!(read >= written, "{read}, but {written} was written");
                calls += 1;
            }
            calls
        });
    }
    let mut connection = server.connect();
    let mut rounds = 0;
    while began.elapsed() < FOR {
        let written = source.fetch_add(1, SeqCst) + 1;
        rounds += 1;
        let applied_by = match rounds % 6 {
            0 => Some((&writer, "version")),
            1 => Some((&readers, "version")),
            2 => Some((&writer, "version:0")),
            _ => None,
        };
        match (rounds % 6, applied_by) {
            (_, Some((cache, pattern))) => {
                assert!(cache.invalidate(pattern).await.unwrap().is_applied());
                if pattern != "version" {
                    assert!(cache.invalidate_tag("even:1").await.unwrap().is_applied());
                }
            }
            (3, _) => assert!(writer.clear().await.unwrap().is_applied()),
            (4, _) => {
                let reply = connection.send(&["UNLINK", "loop:%g:version"]);
                assert!(matches!(reply, Ok(Reply::Integer(_))));
            }
            _ => assert!(connection.send(&["FLUSHDB"]).is_ok()),
        }
        applied.store(written, SeqCst);
        // Until there are hits again, over markers that are watched.
        let hits = readers.stats().total.hits;
        while readers.stats().total.hits < hits + 4 && began.elapsed() < FOR {
            sleep(Duration::from_millis(1)).await;
        }
    }
    let mut calls = 0;
    while let Some(task) = tasks.join_next().await {
        calls += task.unwrap();
    }
    let watches = server.calls("client|caching");
    println!("{rounds} rounds, {calls} calls, {watches} times watched");
    assert!(
        rounds > 300 && watches > rounds,
        "{rounds} rounds, {watches}"
    );
}

/// Whoever may not have anything watched reads all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_who_may_not_watch_has_a_cache() {
    let server = RedisServer::start();
    for (user, rule) in [
        ("tracking", "-client|tracking"),
        ("caching", "-client|caching"),
        ("info", "-client|trackinginfo"),
        ("client", "-client"),
    ] {
        let url = server.add_user_who_may(user, "secret", &["~*", "&*", "+@all", rule]);
        let cache = cache(&url, user);
        keep(&cache, 1).await;
        for _ in 0..20 {
            assert!(is_hit(&cache, 1).await);
            assert!(cache.invalidate("seen:1").await.unwrap().is_applied());
            assert!(!is_hit(&cache, 1).await);
            keep(&cache, 1).await;
        }
        assert_eq!(cache.stats().total.errors, 0, "{user}");
    }
}

/// A right that is taken away from a connection costs no call, and no hit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_to_watch_may_be_taken_away() {
    let server = RedisServer::start();
    for rule in ["-client|tracking", "-client|caching", "-client"] {
        let url = server.add_user_who_may("app", "secret", &["~*", "&*", "+@all"]);
        let cache = cache(&url, "right");
        let writer = self::cache(&server.url(), "right");
        keep(&cache, 1).await;
        assert_eq!(server.cli(&["ACL", "SETUSER", "app", rule]), "OK");
        for id in 1..20 {
            assert!(is_hit(&cache, 1).await, "{rule}");
            keep(&cache, id).await;
        }
        for _ in 0..20 {
            assert!(writer.invalidate("seen").await.unwrap().is_applied());
            assert!(!is_hit(&cache, 1).await, "{rule}");
            keep(&cache, 1).await;
        }
        assert_eq!(cache.stats().total.errors, 0, "{rule}");
        server.cli(&["FLUSHALL"]);
    }
}

/// The server forgets what it was to tell of, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_may_watch_few_markers() {
    for most in ["1", "3"] {
        let server = RedisServer::builder()
            .argument("--tracking-table-max-keys", most)
            .start();
        let [cache, writer] = [(); 2].map(|()| cache(&server.url(), "few"));
        for id in 0..50 {
            keep(&cache, id).await;
        }
        for id in 0..50 {
            assert!(is_hit(&cache, id).await);
            assert!(
                writer
                    .invalidate(format!("seen:{id}"))
                    .await
                    .unwrap()
                    .is_applied()
            );
            assert!(!is_hit(&cache, id).await);
            keep(&cache, id).await;
        }
    }
}

/// What was watched on one run of the server counts for nothing on the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_watched_ends_with_its_connection() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), "ends");
    for round in 0..6 {
        keep(&cache, 1).await;
        match round % 3 {
            // The connection alone: the marker changes while nobody listens.
            0 => {
                server.close_connections();
                server.cli(&["UNLINK", &markers(&server, "ends")[0]]);
            }
            1 => {
                let dump = server.dump();
                server.restart_from(&dump);
            }
            _ => server.restart(),
        }
        assert!(!is_hit(&cache, 1).await, "round {round}");
    }
}
