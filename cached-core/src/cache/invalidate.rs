//! Invalidation: what is sent, what is known of it, and what reads make of that.

use std::time::Instant;

use super::Cache;
use crate::{
    Error, Invalidated, Key, Pattern, Tag,
    codec::Shared,
    flight::Passenger,
    glob, group,
    invalidation::Target,
    store::Reply,
};

impl Cache {
    /// Makes everything that `pattern` covers unusable, in every process, at constant cost.
    ///
    /// Once it has returned [`Applied`](Invalidated::Applied), no call that begins later returns a value whose
    /// load began before this. A load under way is returned to those who wait for it, and not stored.
    /// Works with the cache turned off and inside [`bypass`](Self::bypass), too. One round trip, however many
    /// keys there are; what became unusable is overwritten, or ends with its ttl.
    ///
    /// Dropped at any moment, it is still carried out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the pattern cannot be used, and
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) if it is a key that cannot be encoded. A store that does not
    /// answer is no error: then it is [`Postponed`](Invalidated::Postponed).
    ///
    /// # Examples
    ///
    /// ```
    /// # use cached_core::{Cache, Pattern, cached};
    /// #[cached(ttl = "1h", prefix = "user:{id}:profile")]
    /// async fn profile(id: u64) -> String {
    ///     format!("user {id}")
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_core::Error> {
    /// # let cache = Cache::in_memory()?;
    /// # cache.scope(async {
    /// profile(42).await;
    /// let done = Cache::current().invalidate("user:42:*").await?;
    /// assert!(done.is_applied());
    /// assert_eq!(profile::peek(42).await, None);
    ///
    /// // One call, and everything of a user whose name a person typed.
    /// Cache::current().invalidate(profile::key(42)).await?;
    /// Cache::current().invalidate(Pattern::from_segments(["user", "42:*"])).await?;
    /// # Ok(())
    /// # }).await
    /// # }
    /// ```
    pub async fn invalidate(&self, pattern: impl Into<Pattern>) -> Result<Invalidated, Error> {
        self.usable()?;
        let targets = pattern.into().targets()?;
        Ok(self.apply(targets).await)
    }

    /// Makes everything with `tag` unusable, as [`invalidate`](Self::invalidate) does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the tag has a wildcard or is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cached_core::{Cache, cached};
    /// #[cached(ttl = "1h", prefix = "lesson:{lesson}", tags = ["course:{course}"])]
    /// async fn words(lesson: u64, course: u64) -> Vec<String> {
    ///     vec![format!("word of course {course}")]
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_core::Error> {
    /// # let cache = Cache::in_memory()?;
    /// # cache.scope(async {
    /// words(1, 7).await;
    /// Cache::current().invalidate_tag("course:7").await?;
    /// assert_eq!(words::peek(1, 7).await, None);
    /// # Ok(())
    /// # }).await
    /// # }
    /// ```
    pub async fn invalidate_tag(&self, tag: impl Into<Tag>) -> Result<Invalidated, Error> {
        self.usable()?;
        let targets = tag.into().targets()?;
        Ok(self.apply(targets).await)
    }

    /// Makes everything in the namespace unusable, as [`invalidate`](Self::invalidate) does.
    ///
    /// # Errors
    ///
    /// Those of a cache that could not be made from the environment.
    pub async fn clear(&self) -> Result<Invalidated, Error> {
        self.usable()?;
        let everything = Target::Group(group::NAMESPACE.to_owned());
        Ok(self.apply(vec![everything]).await)
    }

    /// Deletes every key that matches `glob` and returns how many were deleted.
    ///
    /// The glob is Redis's, `user:42:*`, and matches the key without the namespace. Scans in
    /// batches, so the server is never blocked, and each batch has its own deadline; a key written
    /// during the scan may survive. Takes one pass over the keyspace: to make entries unusable at constant
    /// cost, use [`invalidate`](Self::invalidate), which this does first where the glob is whole segments
    /// and a final `*`. Never put user input into a glob: its `*` is a wildcard.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); keys deleted so far stay deleted.
    pub async fn purge(&self, glob: &str) -> Result<u64, Error> {
        self.usable()?;
        if let Some(group) = group_of_glob(glob) {
            self.carry_out(vec![Target::Group(group)]).await?;
        }
        // Loads under way are not joined any more.
        let loading = self.flights().keys().into_iter();
        let loading = loading.filter(|key| glob::matches(glob, &key.text()));
        let loading: Vec<Target> = loading.map(Target::Entry).collect();
        self.generations().advance(&loading);
        self.store().purge(glob).await
    }

    /// Deletes `targets` and says which of them were there. An error says that they are postponed: they
    /// hold in this process, and are sent again.
    pub(crate) async fn carry_out(&self, targets: Vec<Target>) -> Result<Vec<bool>, Error> {
        self.generations().advance(&targets);
        self.store().remove(&targets).await
    }

    /// As [`carry_out`](Self::carry_out), and counts it as one invalidation.
    pub(crate) async fn apply(&self, targets: Vec<Target>) -> Invalidated {
        let count = targets.len();
        let invalidated = match self.carry_out(targets).await {
            Ok(_) => Invalidated::Applied,
            Err(_) => Invalidated::Postponed,
        };
        self.count_invalidated(count, invalidated);
        invalidated
    }

    /// Whether what the store says of `key` may be taken for true, by a read that is sent after this.
    pub(crate) fn trusts(&self, _key: &Key) -> bool {
        true
    }

    /// A value that may answer a call which saw `reply`, and that the store does not have yet.
    pub(crate) fn on_its_way(&self, key: &Key, began: Instant, reply: &Reply) -> Option<Shared> {
        let view = reply.view();
        self.flights().landed(Passenger {
            key,
            began,
            saw: Some(&view),
        })
    }
}

/// The group that has exactly what `glob` matches, if there is one.
fn group_of_glob(glob: &str) -> Option<String> {
    if glob == "*" {
        return Some(group::NAMESPACE.to_owned());
    }
    let segments = glob.strip_suffix(":*")?;
    let is_plain = !segments.contains(['*', '?', '[', ']', '\\']) && !segments.is_empty();
    is_plain.then(|| group::of_prefix(segments))
}
