//! The way back: one task at a time probes a store that is away, one sends what was postponed.

use std::sync;

mod probe;
mod resend;
pub(crate) mod task_lease;
