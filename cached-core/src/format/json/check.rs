//! [`Check`]: a serializer around another one that passes everything on, and refuses what JSON would not carry back.

mod compound;
mod map_key;
mod serializer;

use std::cell::Cell;

use serde::ser::{Error, Serialize, Serializer};

use serializer::CheckedValue;

/// Levels that `serde_json` reads. Written deeper, a value would be stored again at each call and never read.
const DEPTH: u8 = 127;

pub(super) const NOT_FINITE: &str = "a float that is not finite";
pub(super) const SOME_NULL: &str = "`Some` of something that prints `null`";
pub(super) const TOO_DEEP: &str = "a value nested deeper than 127 levels";
pub(super) const NO_TEXT_KEY: &str = "a map whose keys are not strings, integers, bools or chars";
pub(super) const MIXED_KEYS: &str = "a map whose keys are of several kinds";

/// Findings while one value is written.
pub(super) struct Check {
    fault: Cell<Option<&'static str>>,
    /// Most bytes of a text; a longer one is refused before it is searched.
    limit: usize,
    too_large: Cell<bool>,
}

impl Check {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            fault: Cell::new(None),
            limit,
            too_large: Cell::new(false),
        }
    }

    /// Writes `value` to `json`.
    pub(super) fn serialize<T: Serialize + ?Sized, S: Serializer>(
        &self,
        value: &T,
        json: S,
    ) -> Result<S::Ok, S::Error> {
        let value = CheckedValue {
            value,
            check: self,
            depth: DEPTH,
            in_some: false,
        };
        value.serialize(json)
    }

    /// Returns what JSON would not carry back, if there was something.
    pub(super) fn fault(&self) -> Option<&'static str> {
        self.fault.get()
    }

    /// Returns `true` if a text alone was over the limit.
    pub(super) fn is_too_large(&self) -> bool {
        self.too_large.get()
    }

    /// Notes that JSON would not carry `what` back, and fails.
    fn refuse<T, E: Error>(&self, what: &'static str) -> Result<T, E> {
        self.fault.set(Some(what));
        Err(E::custom(what))
    }
}
