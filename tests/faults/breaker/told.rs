//! Events that tell an operator of an outage.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cached_core::Outage;
use tests::RedisServer;
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::{cache, call, until_back};

/// Hears what is as loud as this, or louder.
#[derive(Clone)]
struct Ears(Level, Arc<Mutex<Vec<(Level, String)>>>);

impl Ears {
    fn for_level(level: Level) -> Self {
        Self(level, Arc::default())
    }

    fn heard(&self) -> Vec<(Level, String)> {
        self.1.lock().unwrap().clone()
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Ears {
    /// Other tests listen at the same time: each event is asked about.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cached") && *metadata.level() <= self.0
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let mut heard = self.1.lock().unwrap();
        heard.push((*event.metadata().level(), message.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

#[tokio::test]
async fn wrong_password_and_a_server_that_is_away_are_one_loud_line_each() {
    let server = RedisServer::start();
    let url = server.add_user("app", "right");
    for (level, outage) in [(Level::ERROR, "password"), (Level::WARN, "killed")] {
        let ears = Ears::for_level(Level::WARN);
        let cache = cache(&url, Outage::Memory);
        until_back(&cache).await;
        let guard = tracing::subscriber::set_default(ears.clone());
        match outage {
            "password" => server.change_password("app", "wrong"),
            _ => server.kill(),
        }
        let began = Instant::now();
        let mut number = 0;
        while began.elapsed() < Duration::from_secs(2) {
            number += 1;
            call(&cache, number).await;
            sleep(Duration::from_millis(1)).await;
        }
        drop(guard);
        let heard = ears.heard();
        let levels: Vec<Level> = heard.iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, [level], "{heard:?}");
        if outage == "password" {
            server.change_password("app", "right");
        }
    }
}

/// It takes connections, and answers no read.
#[tokio::test]
async fn connections_of_an_outage_are_no_news() {
    let server = RedisServer::builder()
        .argument("--cluster-enabled", "yes")
        .start();
    let ears = Ears::for_level(Level::INFO);
    let _guard = tracing::subscriber::set_default(ears.clone());
    let cache = cache(&server.url(), Outage::Memory);
    let began = Instant::now();
    let mut number = 0;
    // Several looks, each with a connection of its own.
    while began.elapsed() < Duration::from_secs(3) {
        number += 1;
        call(&cache, number).await;
        sleep(Duration::from_millis(10)).await;
    }
    let levels: Vec<Level> = ears.heard().iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::INFO, Level::WARN], "{:?}", ears.heard());
}
