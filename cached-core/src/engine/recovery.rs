//! The recovery from an outage: one task at a time probes a store that is away, one resends what was postponed.

// For `task_claim`, which takes its lock from here: `loom_tests` compiles it with the scheduler's.
use std::sync;

mod probe;
mod resend;
pub(crate) mod task_claim;
