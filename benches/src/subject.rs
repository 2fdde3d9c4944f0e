//! What is cached: a value, and the body that makes it and counts its runs.

use std::fmt::Debug;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicU64, Ordering};

use hitbox_fn::CacheableResponse;
use serde::{Deserialize, Serialize};

static LOADS: AtomicU64 = AtomicU64::new(0);

/// A value that an id stands for.
pub(crate) trait Subject: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// How many keys are warm. Small enough for every store's default bound, large enough to leave the first cache line.
    const KEYS: u64 = 1_000;

    fn of(id: u64) -> Self;
}

/// A user's profile: 230 bytes of JSON, six allocations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CacheableResponse)]
pub(crate) struct Profile {
    id: u64,
    name: String,
    email: String,
    city: String,
    about: String,
    score: f64,
    active: bool,
    tags: Vec<String>,
}

impl Subject for Profile {
    #[expect(clippy::cast_precision_loss, reason = "any float will do")]
    fn of(id: u64) -> Self {
        Self {
            id,
            name: format!("Grace Hopper the {id:04}th"),
            email: format!("grace.hopper.{id:04}@example.org"),
            city: "Arlington, Virginia".to_owned(),
            about: "Likes compilers, nanoseconds made of wire, and clocks that run backwards."
                .to_owned(),
            score: id as f64 / 8.0 + 0.125,
            active: id.is_multiple_of(2),
            tags: vec!["navy".to_owned()],
        }
    }
}

impl Subject for u64 {
    fn of(id: u64) -> Self {
        id.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// A profile as it lies in Redis, for the contestant that does not parse it.
impl Subject for Vec<u8> {
    fn of(id: u64) -> Self {
        serde_json::to_vec(&Profile::of(id)).unwrap_or_default()
    }
}

/// The body of every cached function here. It must not run while hits are measured.
pub(crate) fn load<V: Subject>(id: u64) -> Ready<V> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    ready(V::of(id))
}

/// How often any body ran.
pub(crate) fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{Profile, Subject};

    #[test]
    fn profiles_are_about_230_bytes_of_json() -> serde_json::Result<()> {
        for id in 0..Profile::KEYS {
            let length = serde_json::to_vec(&Profile::of(id))?.len();
            assert!((220..=245).contains(&length), "{length} bytes");
        }
        Ok(())
    }
}
