//! What every contestant does: answer for an id, from its cache if it can.

use std::future::Future;

/// One way to cache a function of an id.
///
/// The loops that call it are generic, so that a contestant is inlined as far as it is in a user's program.
pub(crate) trait Contestant<V>: Clone + Send + Sync + 'static {
    /// One call as its users would write it: the key is built, the entry found, the value the caller's own.
    fn call(&self, id: u64) -> impl Future<Output = anyhow::Result<V>> + Send;

    /// Wraps all the calls of one task, as a request's middleware would.
    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        work
    }
}
