//! [`Invalidated`]: the outcome of an invalidation.

/// The outcome of an invalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Invalidated {
    /// The store has confirmed it: no call that begins from now on, in any process, returns a value
    /// whose load began before.
    Applied,
    /// The store has not confirmed it yet. For this cache and its clones it holds from now on; to the store it
    /// is sent again until it is confirmed.
    ///
    /// Inside [`Cache::after`](crate::Cache::after), nothing holds before that future has returned.
    Postponed,
}

impl Invalidated {
    /// Returns `true` if the invalidation holds in every process.
    #[must_use]
    pub fn is_applied(self) -> bool {
        matches!(self, Self::Applied)
    }
}
