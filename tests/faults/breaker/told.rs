//! What an operator hears of an outage.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cached_core::Outage;
use tests::RedisServer;
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::{cache, call, until_back};

/// Counts what is loud.
#[derive(Clone, Default)]
struct Ears(Arc<Mutex<Vec<(Level, String)>>>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Ears {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cached") && *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let mut heard = self.0.lock().unwrap();
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
        let ears = Ears::default();
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
        let heard = ears.0.lock().unwrap().clone();
        let levels: Vec<Level> = heard.iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, [level], "{heard:?}");
        if outage == "password" {
            server.change_password("app", "right");
        }
    }
}
