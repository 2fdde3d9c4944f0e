//! Every way in which Redis can fail, under 64 callers and a writer: no wrong value, no error, nobody waits for longer
//! than a deadline; and when it is over, hits again within a second, and one load a key.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use cached_core::Cache;
use tests::{Proxy, RedisServer, Way};
use tokio::time::sleep;

use crate::load_generator::{DEADLINE, LoadGenerator, PATIENCE, one_load_a_key, processes};

/// The time for which Redis fails: until all know that it does, and then some time.
const OUTAGE: Duration = Duration::from_millis(1_600);

/// The time after which there are hits again: a pause, a look that connects, and one that is answered. `breaker` asks
/// for a second at the default deadline.
const BACK: Duration = Duration::from_millis(2_400);

/// Ruins Redis at `url`, and repairs it.
async fn endure(url: &str, ruin: impl FnOnce(), repair: impl FnOnce()) {
    endure_until(url, ruin, repair, BACK).await;
}

async fn endure_until(url: &str, ruin: impl FnOnce(), repair: impl FnOnce(), back: Duration) {
    let processes = processes(|| Cache::builder().redis_url(url));
    for process in &processes {
        process.cache.ready(PATIENCE).await.unwrap();
    }
    let load = LoadGenerator::start(&processes);
    for process in &processes {
        process.hits_again().await;
    }
    let errors = || {
        processes
            .iter()
            .map(|process| process.cache.stats().total.errors)
    };
    let before: u64 = errors().sum();
    ruin();
    sleep(OUTAGE).await;
    let during: u64 = errors().sum();
    assert!(during > before, "nothing failed");
    // Writers go on.
    repair();
    for process in &processes {
        let took = process.hits_again().await;
        assert!(took <= back + load.slack(), "hits again after {took:?}");
    }
    let calls = load.stop().await;
    assert!(calls > 128, "{calls} calls");
    for process in &processes {
        println!("{:?}", process.cache.stats().total);
    }
    one_load_a_key(&processes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_empty() {
    let server = RedisServer::start();
    endure(&server.url(), || server.kill(), || server.restart()).await;
}

/// What is in it was invalidated since, and nothing is postponed that would do so again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_comes_back_from_an_old_dump() {
    let server = RedisServer::start();
    let processes = processes(|| Cache::builder().redis_url(server.url()));
    let load = LoadGenerator::start(&processes);
    for process in &processes {
        process.hits_again().await;
    }
    let dump = server.dump();
    sleep(OUTAGE).await;
    load.only_read();
    for process in &processes {
        process.hits_again().await;
    }
    server.kill();
    sleep(OUTAGE).await;
    server.restart_from(&dump);
    for process in &processes {
        let took = process.hits_again().await;
        assert!(took <= BACK + load.slack(), "hits again after {took:?}");
    }
    load.stop().await;
    one_load_a_key(&processes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_freezes() {
    let server = RedisServer::start();
    endure(&server.url(), || server.freeze(), || server.thaw()).await;
}

/// A way through a proxy, which is bad and then good.
async fn endure_way(way: Way) {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    endure(&proxy.url(), || proxy.set(way), || proxy.set(Way::Open)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_falls_into_a_black_hole() {
    endure_way(Way::Lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_arrives_when_nobody_waits_for_it() {
    endure_way(Way::Held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_reset_inside_a_reply() {
    endure_way(Way::Cut(10_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_refused() {
    endure_way(Way::Refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reply_comes_after_the_deadline() {
    let [commands, replies] = [DEADLINE.mul_f64(1.5 / 2.0); 2];
    endure_way(Way::Slow { commands, replies }).await;
}

/// Each round trip alone is in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reply_comes_just_before_the_deadline() {
    let [commands, replies] = [DEADLINE.mul_f64(0.85 / 2.0); 2];
    endure_way(Way::Slow { commands, replies }).await;
}

/// Sets a way every 100 ms, until it is told to leave it open.
struct Flapping {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Flapping {
    fn start(proxy: Arc<Proxy>, down: Way) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(SeqCst) {
                for way in [down, Way::Open] {
                    proxy.set(way);
                    thread::sleep(Duration::from_millis(100));
                }
            }
        });
        Self { stop, thread }
    }

    fn end(self) {
        self.stop.store(true, SeqCst);
        self.thread.join().unwrap();
    }
}

async fn endure_flapping(down: Way) {
    let server = RedisServer::start();
    let proxy = Arc::new(Proxy::to(&server));
    let flapping = RefCell::new(None);
    let ruin = || *flapping.borrow_mut() = Some(Flapping::start(Arc::clone(&proxy), down));
    let repair = || flapping.take().map_or((), Flapping::end);
    endure(&proxy.url(), ruin, repair).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_refused_every_100_milliseconds() {
    endure_flapping(Way::Refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_lost_every_100_milliseconds() {
    endure_flapping(Way::Lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_out_of_memory() {
    let server = RedisServer::start();
    let (fill, empty) = (|| server.limit_memory("1"), || server.limit_memory("0"));
    endure(&server.url(), fill, empty).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_loses_its_disk() {
    let server = RedisServer::start();
    let (lose, regain) = (|| server.lose_disk(), || server.regain_disk());
    endure(&server.url(), lose, regain).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_demoted_and_promoted_again() {
    let [server, primary] = [(); 2].map(|()| RedisServer::start());
    endure(
        &server.url(),
        || server.follow(&primary),
        || server.promote(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_changes_and_changes_back() {
    let server = RedisServer::start();
    let url = server.add_user("app", "right");
    let [change, back] = ["wrong", "right"].map(|password| {
        let server = &server;
        move || server.change_password("app", password)
    });
    // What only a person can repair is looked at less often.
    endure_until(&url, change, back, BACK + Duration::from_secs(6)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_busy_with_a_script() {
    let server = RedisServer::start();
    let occupied = RefCell::new(None);
    let ruin = || *occupied.borrow_mut() = Some(server.occupy());
    endure(&server.url(), ruin, || drop(occupied.take())).await;
}
