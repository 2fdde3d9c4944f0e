//! [`Outage`]: the behaviour of calls while Redis cannot be reached.

/// Behaviour of calls while Redis cannot be reached: [`Builder::outage`](crate::Builder::outage).
///
/// Redis counts as unreachable after [five failures in a row](crate::Builder::failures_until_outage), until a probe in
/// the background finds it. Meanwhile nothing waits for it. Invalidations hold in this process at once; for others they
/// are [`Postponed`](crate::Invalidated::Postponed), and sent before any read of Redis is trusted again.
///
/// Calls by key return [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) at once in each case, but for
/// [`get_or_load`](crate::Cache::get_or_load), which behaves as an annotated function.
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, Outage};
///
/// # fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::builder()
///     .redis_url("redis://127.0.0.1:6379")
///     .outage(Outage::Origin) // prices: rather slow than 30 seconds old
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outage {
    /// Keeps values in this process, for [`outage_ttl`](crate::Builder::outage_ttl) at most and within
    /// [`memory_capacity`](crate::Builder::memory_capacity), and forgets them when Redis is back. Calls share their
    /// loads. Invalidations by other processes do not arrive meanwhile: a value may be as old as `outage_ttl`.
    #[default]
    Memory,
    /// Runs the body at every call. Loads are not shared, because nothing can show that a load which has begun is new
    /// enough for a call that came later.
    Origin,
    /// Returns an [`Error`](crate::Error) from functions whose error can be made from it, as with
    /// `on_outage = "fail"`; others run their body.
    Fail,
}
