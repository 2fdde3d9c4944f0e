//! Callers that wait for less than the deadline, and drop their calls.

use std::time::{Duration, Instant};

use cached_core::{Cache, HealthStatus, Outage};
use tests::{CountingLoader, Proxy, RedisServer, Way};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{cache, squared, until_back};
use crate::load_generator::{PATIENCE, SHORT};

/// Returns true if a call is answered before its caller goes.
async fn is_answered(cache: &Cache, number: u64, limit: Duration) -> bool {
    let call = cache.scope(squared(number, CountingLoader::new()));
    timeout(limit, call).await.is_ok()
}

/// Callers of whom none waits for a deadline get answers again, while nothing has changed.
async fn are_answered_again(cache: &Cache, callers: u64) {
    let mut tasks = JoinSet::new();
    for number in 0..callers {
        let cache = cache.clone();
        tasks.spawn(async move {
            // One behind the other, at different times.
            sleep(Duration::from_millis(7 * number)).await;
            let in_a_row = async {
                let mut answers = 0;
                while answers < 20 {
                    let is_answered = is_answered(&cache, number, SHORT.mul_f64(0.8)).await;
                    answers = if is_answered { answers + 1 } else { 0 };
                }
            };
            timeout(PATIENCE, in_a_row).await
        });
    }
    for answered in tasks.join_all().await {
        answered.expect("Redis is still waited for");
    }
}

async fn lane_is_lost(callers: u64) {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = cache(&proxy.url(), Outage::Memory);
    until_back(&cache).await;
    proxy.set(Way::Lost);
    are_answered_again(&cache, callers).await;
    proxy.set(Way::Open);
    until_back(&cache).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lane_that_died_is_noticed_by_one_caller_that_never_waits_for_a_deadline() {
    lane_is_lost(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lane_that_died_is_noticed_by_callers_that_never_wait_for_a_deadline() {
    lane_is_lost(16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_that_does_not_come_is_noticed_by_callers_that_never_wait_for_a_deadline() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    proxy.set(Way::Lost);
    for callers in [1, 16] {
        let builder = Cache::builder().redis_url(proxy.url());
        let builder = builder.op_timeout(SHORT).connect_timeout(PATIENCE);
        let cache = builder.build().unwrap();
        are_answered_again(&cache, callers).await;
    }
}

/// It answers, only not to them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_at_once_say_nothing_of_redis() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = cache(&proxy.url(), Outage::Memory);
    until_back(&cache).await;
    let connections = proxy.connections();
    let [commands, replies] = [SHORT.mul_f64(0.1); 2];
    proxy.set(Way::Slow { commands, replies });
    let began = Instant::now();
    while began.elapsed() < 15 * SHORT {
        // One that the machine holds up may be answered.
        is_answered(&cache, 0, Duration::from_millis(1)).await;
    }
    // Nor does it when they have been away for a while.
    sleep(2 * SHORT).await;
    is_answered(&cache, 0, Duration::from_millis(1)).await;
    let health = cache.health().await;
    assert_eq!(health.status, HealthStatus::Healthy, "{health:?}");
    assert_eq!(proxy.connections(), connections, "the lane was replaced");
}
