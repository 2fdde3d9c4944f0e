//! Replies that break off, and replies that say no.

use std::time::{Duration, Instant};

use cached_core::{Cache, cached};
use serde::{Deserialize, Serialize};
use tests::{CountingLoader, Proxy, RedisServer, Way, namespace};
use tokio::time::sleep;

use crate::load_generator::{DEADLINE, LoadGenerator, PATIENCE, SLACK, processes};
use crate::timer_slack::TimerSlack;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failure(String);

#[cached(ttl = "1h", prefix = "word:{word}")]
async fn length(
    word: &str,
    #[cached(skip)] fails: bool,
    #[cached(skip)] loader: CountingLoader,
) -> Result<usize, Failure> {
    let length = loader.load(word.len()).await;
    if fails {
        Err(Failure(word.to_owned()))
    } else {
        Ok(length)
    }
}

fn cache(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    builder.op_timeout(DEADLINE).build().unwrap()
}

/// A reply that is taken for another one's, or half a reply for a whole one, would show.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reply_that_breaks_off_anywhere_is_no_value() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let name = namespace("breaks");
    let [cache, direct] = [proxy.url(), server.url()].map(|url| cache(&url, &name));
    let words = ["a", "bb", "ccc"];
    let (mut hits, mut at) = (0, 0);
    // Until whole replies have come through, those of all three calls.
    while hits < 3 {
        for word in words {
            while direct.scope(length::peek(word)).await.is_none() {
                direct
                    .scope(length(word, false, CountingLoader::new()))
                    .await
                    .unwrap();
            }
        }
        proxy.set(Way::Open);
        cache.ready(PATIENCE).await.unwrap();
        proxy.set(Way::Cut(at));
        let before = cache.stats().total.hits;
        let all = async |word: &'static str| {
            let call = cache.scope(length(word, false, CountingLoader::new()));
            assert_eq!(call.await, Ok(word.len()), "after {at} bytes");
        };
        tokio::join!(all(words[0]), all(words[1]), all(words[2]));
        hits = cache.stats().total.hits - before;
        at += 7;
        assert!(at < 10_000, "no reply is as long");
    }
    assert!(at > 300, "{at} bytes are no reply");
}

/// Neither the cache nor the database is there: the database's own error, without delay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_of_the_body_is_returned_as_it_is_when_redis_is_away_too() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), &namespace("both"));
    let timer_slack = TimerSlack::start();
    server.freeze();
    for _ in 0..2 {
        let began = Instant::now();
        let call = cache.scope(length("word", true, CountingLoader::new()));
        assert_eq!(call.await, Err(Failure("word".to_owned())));
        let most = DEADLINE + SLACK + 2 * timer_slack.worst();
        assert!(began.elapsed() <= most, "{:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_loads_its_dump_is_waited_for_by_nobody() {
    let server = RedisServer::start();
    for number in 0..100 {
        server.cli(&["SET", &format!("filler:{number}"), &"x".repeat(2_000)]);
    }
    let dump = server.dump();
    let processes = processes(|| Cache::builder().redis_url(server.url()));
    let load = LoadGenerator::start(&processes);
    for process in &processes {
        process.hits_again().await;
    }
    server.restart_loading(&dump);
    let calls = server.info("loading").unwrap();
    assert_eq!(calls, "1", "it has loaded");
    while server.info("loading").as_deref() == Some("1") {
        sleep(Duration::from_millis(20)).await;
    }
    for process in &processes {
        let took = process.hits_again().await;
        assert!(took <= Duration::from_secs(1) + load.slack(), "{took:?}");
    }
    load.stop().await;
}

/// As a cluster that is not whole, and a server that is none of ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_says_clusterdown_costs_no_value() {
    let server = RedisServer::builder()
        .argument("--cluster-enabled", "yes")
        .start();
    assert!(server.cli(&["GET", "key"]).starts_with("CLUSTERDOWN"));
    let processes = processes(|| Cache::builder().redis_url(server.url()));
    let load = LoadGenerator::start(&processes);
    sleep(Duration::from_millis(500)).await;
    load.stop().await;
    assert!(processes[0].cache.stats().total.errors > 0);
}
