//! What is cached: a value, and the body that makes it and counts its runs.

use std::fmt::Debug;
use std::future::{Ready, ready};
use std::sync::Arc;
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

/// A text of this many bytes; two in a hundred are escaped in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text<const BYTES: usize> {
    text: String,
}

/// The same for all who hold it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SharedText<const BYTES: usize> {
    text: Arc<str>,
}

impl<const BYTES: usize> Subject for Text<BYTES> {
    // Five contestants hold them all at once.
    const KEYS: u64 = if BYTES > 100_000 { 500 } else { 1_000 };

    fn of(id: u64) -> Self {
        const LINE: &str =
            "One of them said \"nanoseconds\", and what that meant could be held in a hand.\n";
        let mut text = format!("{id:04} ");
        while text.len() < BYTES {
            text.push_str(LINE);
        }
        text.truncate(BYTES);
        text.shrink_to_fit();
        Self { text }
    }
}

impl<const BYTES: usize> Subject for SharedText<BYTES> {
    const KEYS: u64 = Text::<BYTES>::KEYS;

    fn of(id: u64) -> Self {
        let Text { text } = Text::<BYTES>::of(id);
        Self { text: text.into() }
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
