//! The state behind every clone of a `Cache`: the context of a task, reads and the hit test, writes, invalidations, and
//! the recovery from an outage.

pub(crate) mod backend;
pub(crate) mod context;
mod count;
pub(crate) mod hit_test;
pub(crate) mod invalidate;
pub(crate) mod limit;
pub(crate) mod read;
pub(crate) mod recovery;
mod state;
pub(crate) mod ticket;
pub(crate) mod write;
pub(crate) mod write_budget;

pub use state::Cache;
