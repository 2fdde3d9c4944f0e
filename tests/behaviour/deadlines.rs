//! Every operation ends within its deadline, whatever the server does and wherever a runtime has gone.
//!
//! These tests own the servers they hurt. Figures of time are generous: the machine may be busy.

use std::net::TcpListener;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use cached_core::{Cache, Error, ErrorKind, Outage, cached};
use tests::{CountingLoader, RedisServer, Reply};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The deadline of one operation in these tests.
const DEADLINE: Duration = Duration::from_millis(150);

/// The time that a busy machine may add to it.
const SLACK: Duration = Duration::from_millis(350);

/// Nothing here may hang for longer.
const PATIENCE: Duration = Duration::from_secs(10);

const MINUTE: Duration = Duration::from_secs(60);

#[cached(ttl = "1h", prefix = "tripled:{number}")]
async fn tripled(number: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(number * 3).await
}

fn cache(url: &str) -> Cache {
    Cache::builder()
        .redis_url(url)
        .namespace("deadlines")
        .op_timeout(DEADLINE)
        // What one operation loads is not there for another.
        .outage(Outage::Origin)
        .build()
        .unwrap()
}

type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// An operation: its name, how many deadlines it may take, and whether it hides that the store does not answer.
struct Operation {
    name: &'static str,
    deadlines: u32,
    hides: bool,
    run: fn(Cache) -> Outcome,
}

macro_rules! operations {
    ($($name:literal $deadlines:literal $hides:literal |$cache:ident| $run:expr,)*) => {
        [$(Operation {
            name: $name,
            deadlines: $deadlines,
            hides: $hides,
            run: |$cache| Box::pin(async move { $run }),
        },)*]
    };
}

fn operations() -> impl Iterator<Item = Operation> {
    operations! {
        "get" 1 false |cache| cache.get::<u8>("key").await.map(drop),
        "get_many" 1 false |cache| cache.get_many::<u8>(["key", "other"]).await.map(drop),
        "set" 1 false |cache| cache.set("key", &1_u8, MINUTE).await,
        "set_many" 1 false |cache| cache.set_many([("key", &1_u8), ("other", &2)], MINUTE).await,
        "exists" 1 false |cache| cache.exists("key").await.map(drop),
        "ttl" 1 false |cache| cache.ttl("key").await.map(drop),
        "take" 1 false |cache| cache.take::<u8>("key").await.map(drop),
        "touch" 1 false |cache| cache.touch("key", MINUTE).await.map(drop),
        "delete" 1 false |cache| cache.delete("key").await.map(drop),
        "purge" 1 false |cache| cache.purge("key*").await.map(drop),
        "server_info" 1 false |cache| cache.server_info().await.map(drop),
        "health" 1 false |cache| cache.health().await.problem.map_or(Ok(()), Err),
        "get_or_load" 1 true |cache| {
            let load = async || Ok::<u8, Error>(1);
            cache.get_or_load("key", MINUTE, load).await.map(|value| assert_eq!(value, 1))
        },
        "a call" 1 true |cache| {
            let call = tripled(2, CountingLoader::new());
            assert_eq!(cache.scope(call).await, 6);
            Ok(())
        },
        "peek" 1 true |cache| {
            assert_eq!(cache.scope(tripled::peek(2)).await, None);
            Ok(())
        },
        "refresh" 2 true |cache| {
            let call = tripled::refresh(2, CountingLoader::new());
            assert_eq!(cache.scope(call).await, 6);
            Ok(())
        },
    }
    .into_iter()
}

/// Runs all `operations` at once, and says of each what is wrong with how it ended.
async fn complaints(operations: impl IntoIterator<Item = (Operation, Cache)>) -> Vec<String> {
    let mut tasks = JoinSet::new();
    for (operation, cache) in operations {
        tasks.spawn(async move {
            let Operation {
                name, deadlines, ..
            } = operation;
            let began = Instant::now();
            let outcome = timeout(PATIENCE, (operation.run)(cache)).await;
            let took = began.elapsed();
            let degraded =
                |error: &Error| matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unavailable);
            match outcome {
                Err(_) => Some(format!("{name} hangs")),
                Ok(_) if took >= DEADLINE * deadlines + SLACK => {
                    Some(format!("{name} took {took:?}"))
                }
                Ok(Ok(())) if operation.hides => None,
                Ok(Err(error)) if !operation.hides && degraded(&error) => None,
                Ok(outcome) => Some(format!("{name} ended with {outcome:?}")),
            }
        });
    }
    let mut complaints = tasks
        .join_all()
        .await
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    complaints.sort();
    complaints
}

const NONE: [String; 0] = [];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_on_a_frozen_server_ends_within_its_deadline() {
    let server = RedisServer::start();
    let mut each = Vec::new();
    for operation in operations() {
        let cache = cache(&server.url());
        cache.ready(PATIENCE).await.unwrap();
        each.push((operation, cache));
    }
    server.freeze();
    assert_eq!(complaints(each).await, NONE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_that_share_a_lane_to_a_frozen_server_end_within_their_deadlines() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    cache.ready(PATIENCE).await.unwrap();
    server.freeze();
    let all = operations().map(|operation| (operation, cache.clone()));
    assert_eq!(complaints(all).await, NONE);
}

/// A listener whose backlog takes connections that nobody ever answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_that_never_gets_a_connection_ends_within_its_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let each = operations().map(|operation| (operation, cache(&url)));
    assert_eq!(complaints(each).await, NONE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_does_not_wait_for_a_frozen_server() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    cache.ready(PATIENCE).await.unwrap();
    let loader = CountingLoader::held();
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        tasks.spawn(cache.scope(tripled(number, loader.clone())));
    }
    timeout(PATIENCE, loader.started(20)).await.unwrap();
    server.freeze();
    loader.release();
    tasks.join_all().await;
    // The callers are answered, and what they loaded is on its way to nowhere.
    let began = Instant::now();
    let ended = timeout(PATIENCE, cache.shutdown()).await;
    assert!(ended.is_ok(), "it hangs");
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    let total = cache.stats().total;
    assert_eq!((total.stores, total.errors), (0, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ready_returns_soon_after_the_server_has_come() {
    let server = RedisServer::start();
    server.kill();
    let cache = cache(&server.url());
    let mut ready = tokio::spawn(async move { cache.ready(PATIENCE).await });
    let early = timeout(DEADLINE * 3, &mut ready).await;
    assert!(early.is_err(), "it does not wait: {early:?}");
    server.restart();
    let ready = timeout(Duration::from_secs(1), ready).await;
    ready.expect("soon").unwrap().unwrap();
}

/// The number of `MGET` that the server has run, and of keys they have named that are there.
fn reads(server: &RedisServer) -> (u64, u64) {
    let Reply::Bytes(info) = server.command(&["INFO", "everything"]) else {
        panic!("INFO did not answer with text");
    };
    let info = String::from_utf8(info).unwrap();
    let number = |before: &str| -> u64 {
        let line = info.lines().find_map(|line| line.strip_prefix(before));
        let digits = line.and_then(|line| line.split(',').next());
        digits.map_or(0, |digits| digits.parse().unwrap())
    };
    (number("cmdstat_mget:calls="), number("keyspace_hits:"))
}

/// Reads all `keys` at once; returns by how many commands, which named how many keys.
async fn read_at_once(keys: Vec<String>) -> (u64, u64) {
    let server = RedisServer::start();
    // With the older protocol all markers are read, whatever was read before.
    let cache = Cache::builder()
        .redis_url(format!("{}?protocol=resp2", server.url()))
        .op_timeout(PATIENCE)
        .build()
        .unwrap();
    let entries = keys.iter().map(|key| (key.clone(), key));
    cache.set_many(entries, MINUTE).await.unwrap();
    server.cli(&["CONFIG", "RESETSTAT"]);
    let mut tasks = JoinSet::new();
    for key in keys {
        let cache = cache.clone();
        tasks.spawn(async move {
            let value = cache.get::<String>(key.clone()).await;
            assert_eq!(value.unwrap(), Some(key));
        });
    }
    tasks.join_all().await;
    reads(&server)
}

/// Reads all `keys` at once until they share commands: on a busy machine one may be done before the next begins.
/// Without sharing they never do.
async fn read_together(keys: Vec<String>) -> (u64, u64) {
    let mut commands = Vec::new();
    for _ in 0..10 {
        let read = read_at_once(keys.clone()).await;
        if (1..=16).contains(&read.0) {
            return read;
        }
        commands.push(read.0);
    }
    panic!("{commands:?} commands for 64 reads");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_of_one_moment_share_commands() {
    let keys = (0..64).map(|number| format!("key:{number}")).collect();
    let (commands, named) = read_together(keys).await;
    // Each entry once, and once its own marker; `%g` and `%g:key` once a command.
    assert_eq!(named, 64 * 2 + commands * 2, "each key once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_shared_by_reads_of_one_key_names_it_once() {
    let (commands, named) = read_together(vec!["hot".to_owned(); 64]).await;
    // The entry, `%g` and `%g:hot`.
    assert_eq!(named, commands * 3);
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Calls until there is a hit, each call within a deadline, for three seconds at the most.
async fn hits_again(cache: &Cache, number: u64) {
    let began = Instant::now();
    let hits = cache.stats().total.hits;
    while cache.stats().total.hits == hits {
        assert!(began.elapsed() < Duration::from_secs(3), "no hit again");
        let call = cache.scope(tripled(number, CountingLoader::new()));
        let value = timeout(DEADLINE + SLACK, call).await;
        assert_eq!(value.expect("within a deadline"), number * 3);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_runtime_that_connected_and_idles_holds_up_no_other() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let (idle, busy) = (runtime(), runtime());
    let first = cache.scope(tripled(1, CountingLoader::new()));
    assert_eq!(idle.block_on(first), 3);
    busy.block_on(async {
        hits_again(&cache, 2).await;
        // What the other runtime was to write.
        hits_again(&cache, 1).await;
    });
}

/// It was its turn to send what others wait for.
#[test]
fn a_runtime_that_read_under_load_and_idles_holds_up_no_other() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let (idle, busy) = (runtime(), runtime());
    busy.block_on(async {
        cache.ready(PATIENCE).await.unwrap();
        hits_again(&cache, 2).await;
    });
    server.freeze();
    let (has_asked, asked) = oneshot::channel();
    let (has_followed, followed) = oneshot::channel();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            idle.block_on(async {
                let mut call = pin!(cache.scope(tripled(1, CountingLoader::new())));
                let first =
                    std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context)));
                assert!(first.await.is_pending());
                has_asked.send(()).unwrap();
                followed.await.unwrap();
                server.thaw();
                assert_eq!(call.await, 3);
            });
        });
        busy.block_on(async {
            asked.await.unwrap();
            let mut tasks = JoinSet::new();
            for number in 0..32 {
                let call = cache.scope(tripled(number, CountingLoader::new()));
                tasks.spawn(timeout(DEADLINE + SLACK, call));
            }
            // Each has begun to wait.
            tokio::task::yield_now().await;
            has_followed.send(()).unwrap();
            while let Some(value) = tasks.join_next().await {
                value.unwrap().expect("within a deadline");
            }
            hits_again(&cache, 2).await;
            hits_again(&cache, 70).await;
        });
    });
}

/// The runtime of a caller that was answered is to write what it loaded, and never does.
#[test]
fn shutdown_does_not_wait_for_a_runtime_that_idles() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let (idle, busy) = (runtime(), runtime());
    busy.block_on(cache.ready(PATIENCE)).unwrap();
    let first = cache.scope(tripled(1, CountingLoader::new()));
    let reading = std::thread::scope(|threads| {
        let reading = threads.spawn(|| idle.block_on(first));
        // The lane is driven here.
        busy.block_on(async {
            while !reading.is_finished() {
                tokio::task::yield_now().await;
            }
        });
        reading.join().unwrap()
    });
    assert_eq!(reading, 3);
    let ended = busy.block_on(async { timeout(Duration::from_secs(1), cache.shutdown()).await });
    assert!(ended.is_ok(), "it hangs");
}
