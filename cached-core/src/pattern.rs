//! [`Pattern`] and [`Tag`]: what an invalidation names.

/// What [`Cache::invalidate`](crate::Cache::invalidate) takes.
#[derive(Clone)]
pub struct Pattern(());

/// What [`Cache::invalidate_tag`](crate::Cache::invalidate_tag) takes.
#[derive(Clone)]
pub struct Tag(());

impl From<&str> for Pattern {
    fn from(_: &str) -> Self {
        Self(())
    }
}

impl From<&str> for Tag {
    fn from(_: &str) -> Self {
        Self(())
    }
}
