//! Telemetry for an operator: events, the span of a load, statistics; and secrets, which nobody sees.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

mod events;
mod install;
mod secrets;
mod statistics;

/// One event, or one step of a span.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    level: String,
    target: String,
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Seen {
    fn of(metadata: &Metadata<'_>) -> Self {
        Self {
            level: metadata.level().to_string(),
            target: metadata.target().to_owned(),
            ..Self::default()
        }
    }

    fn field(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(field, _)| *field == name);
        &field.unwrap_or_else(|| panic!("no {name}: {self:?}")).1
    }

    fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, _)| *name).collect()
    }
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields.push((field.name(), format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// Hears everything that happens in the thread of one test.
#[derive(Clone, Default)]
struct Ears {
    heard: Arc<Mutex<Vec<Seen>>>,
}

impl Ears {
    /// From now on, until the guard is dropped.
    fn open() -> (Self, DefaultGuard) {
        let ears = Self::default();
        let guard = tracing::subscriber::set_default(ears.clone());
        (ears, guard)
    }

    /// Returns what was heard since the last time, but for what tells of connections.
    fn take(&self) -> Vec<Seen> {
        let mut heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.retain(|seen| seen.message != "connected to Redis");
        heard
    }

    fn messages(&self) -> Vec<String> {
        self.take().into_iter().map(|seen| seen.message).collect()
    }

    fn add(&self, seen: Seen) {
        self.heard.lock().unwrap().push(seen);
    }
}

impl Subscriber for Ears {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cached")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut seen = Seen::of(attributes.metadata());
        attributes.record(&mut seen);
        seen.message = format!("span {}", attributes.metadata().name());
        self.add(seen);
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut seen = Seen::of(event.metadata());
        event.record(&mut seen);
        self.add(seen);
    }

    fn enter(&self, _: &Id) {
        self.add(Seen {
            message: "enter".to_owned(),
            ..Seen::default()
        });
    }

    fn exit(&self, _: &Id) {
        self.add(Seen {
            message: "exit".to_owned(),
            ..Seen::default()
        });
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}
