//! Readers and a writer at one time: nobody gets an error, and nobody gets what was there before a write that was
//! answered, whatever happens to Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::RedisServer;
use tokio::task::JoinSet;

use super::{coach, put};
use crate::harness::Service;

const PROFILE: &str = "/users/1001/profile";

/// One writer, whose every answered write counts one up, and readers of all services.
struct Storm {
    written: AtomicU64,
    read: AtomicU64,
    hits: AtomicU64,
    is_over: AtomicBool,
}

impl Storm {
    const READERS: usize = 8;

    fn start(services: &[Arc<Service>]) -> (Arc<Self>, JoinSet<()>) {
        let storm = Arc::new(Self {
            written: AtomicU64::new(0),
            read: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        let writer = (Arc::clone(&storm), services.to_vec());
        tasks.spawn(async move { writer.0.write(&writer.1).await });
        for service in services.iter().cycle().take(Self::READERS) {
            let reader = (Arc::clone(&storm), Arc::clone(service));
            tasks.spawn(async move { reader.0.read(&reader.1).await });
        }
        (storm, tasks)
    }

    async fn write(&self, services: &[Arc<Service>]) {
        for (number, service) in (1_u64..).zip(services.iter().cycle()) {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let profile = json!({ "name": number.to_string(), "language": "cs", "level": "B2" });
            put(service, PROFILE, &profile).await.ok();
            self.written.store(number, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn read(&self, service: &Service) {
        while !self.is_over.load(Ordering::SeqCst) {
            let written = self.written.load(Ordering::SeqCst);
            let answer = service.get(PROFILE).await;
            let profile = answer.ok();
            let name = profile["name"].as_str().and_then(|name| name.parse().ok());
            assert!(
                name.unwrap_or(0_u64) >= written,
                "{written} was written: {profile}"
            );
            let is_hit = answer.header("cache-status").starts_with("cached;hit");
            self.hits.fetch_add(is_hit.into(), Ordering::SeqCst);
            self.read.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits until so many more writes were answered.
    async fn goes_on(&self, writes: u64) {
        let began = Instant::now();
        let until = self.written.load(Ordering::SeqCst) + writes;
        while self.written.load(Ordering::SeqCst) < until {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "nobody writes any more"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(&self, mut tasks: JoinSet<()>) {
        self.is_over.store(true, Ordering::SeqCst);
        while let Some(ended) = tasks.join_next().await {
            ended.expect("no answer was wrong");
        }
        let [written, read, hits] =
            [&self.written, &self.read, &self.hits].map(|count| count.load(Ordering::SeqCst));
        println!("{written} writes, {read} reads, {hits} hits");
        assert!(hits > read / 10, "{hits} hits of {read}");
    }
}

#[tokio::test]
async fn no_read_is_stale_or_fails_while_redis_stops_hangs_and_comes_back() {
    let redis = RedisServer::start();
    let service = coach().redis(&redis).env("REDIS_SOCKET_TIMEOUT", "200ms");
    let service = Arc::new(service.start().await);
    let (storm, tasks) = Storm::start(&[Arc::clone(&service)]);
    for _ in 0..2 {
        storm.goes_on(20).await;
        redis.kill();
        service
            .until("/health", |health| health["redis"] == "unavailable")
            .await;
        storm.goes_on(20).await;
        redis.restart();
        service
            .until("/health", |health| health["redis"] == "healthy")
            .await;
        storm.goes_on(20).await;
        redis.freeze();
        storm.goes_on(20).await;
        redis.thaw();
        service
            .until("/health", |health| health["redis"] == "healthy")
            .await;
    }
    storm.goes_on(20).await;
    storm.end(tasks).await;
}

#[tokio::test]
async fn no_read_of_any_process_is_stale() {
    let redis = RedisServer::start();
    let one = coach().redis(&redis).start().await;
    let two = coach().redis(&redis).database_of(&one).start().await;
    let services = [one, two].map(Arc::new);
    let (storm, tasks) = Storm::start(&services);
    storm.goes_on(200).await;
    storm.end(tasks).await;
}
