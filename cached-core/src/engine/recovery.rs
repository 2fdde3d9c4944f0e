//! The recovery from an outage: one task at a time probes a store that is away, one resends what was postponed.

use std::sync;

mod probe;
mod resend;
pub(crate) mod task_lease;
