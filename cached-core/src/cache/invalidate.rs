//! Invalidation by pattern, by tag or of everything; deletion by glob; invalidation at the end of a transaction.

use crate::{
    coherence::outcome::Invalidated,
    engine::{Cache, context, invalidate::Deferring},
    error::Error,
    key::{
        group,
        pattern::{Pattern, Tag},
        target::Target,
    },
    store::glob,
};

impl Cache {
    /// Makes everything that `pattern` covers unusable, in every process, at constant cost.
    ///
    /// Once it has returned [`Applied`](Invalidated::Applied), no call that begins later returns a value whose load
    /// began before this. A load under way is returned to those who wait for it, and not stored. Works with the cache
    /// turned off and inside [`bypass`](Self::bypass), too.
    ///
    /// Takes one round trip, however many keys there are: it deletes the *marker* of the group that the pattern names,
    /// a small key whose token every entry of the group must match, or the entry of a single call. What became unusable
    /// is overwritten, or ends with its ttl. Dropped at any moment, it is still carried out.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the pattern cannot be used;
    /// - [`ErrorKind::Key`](crate::ErrorKind::Key) if it is a key that cannot be encoded;
    /// - the error of a cache that could not be made from the environment.
    ///
    /// A store that does not answer is no error: then it is [`Postponed`](Invalidated::Postponed).
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
        self.check_usable()?;
        let targets = pattern.into().targets()?;
        Ok(self.apply_invalidation(targets).await)
    }

    /// Makes everything with `tag` unusable, as [`invalidate`](Self::invalidate) does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the tag has a wildcard or is empty; otherwise as
    /// [`invalidate`](Self::invalidate).
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
        self.check_usable()?;
        let targets = tag.into().targets()?;
        Ok(self.apply_invalidation(targets).await)
    }

    /// Makes everything in the namespace unusable, at the same cost as one [`invalidate`](Self::invalidate).
    ///
    /// # Errors
    ///
    /// The error of a cache that could not be made from the environment.
    pub async fn clear(&self) -> Result<Invalidated, Error> {
        self.check_usable()?;
        let everything = Target::Group(group::NAMESPACE.to_owned());
        Ok(self.apply_invalidation(vec![everything]).await)
    }

    /// Deletes every key that matches `glob` and returns how many were deleted.
    ///
    /// The glob is Redis's, as `user:42:*`, and matches the key without the namespace. Scans in batches, so the server
    /// is never blocked, and each batch has its own deadline; a key written during the scan may survive. Takes one pass
    /// over the keyspace: to make entries unusable at constant cost, use [`invalidate`](Self::invalidate). That is what
    /// this does first if the glob is whole segments and a final `*`, so `user:42:*` makes `user:42` itself unusable as
    /// well.
    ///
    /// Markers of groups are no entries: they stay, and are not counted. Never put user input into a glob: its `*` is a
    /// wildcard. If this future is dropped, keys deleted so far stay deleted.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); keys deleted so far stay deleted.
    pub async fn purge(&self, glob: &str) -> Result<u64, Error> {
        self.check_usable()?;
        if let Some(group) = group_of_glob(glob) {
            let group = || vec![Target::Group(group.clone())];
            self.repeat_after(group);
            self.invalidate_now(group()).await?;
        }
        // Loads under way are not joined any more.
        let loading = self.flights().keys().into_iter();
        let loading = loading.filter(|key| glob::matches(glob, key.text()));
        let loading: Vec<Target> = loading.map(Target::Entry).collect();
        if self.local().is_none() {
            self.invalidate_here(&loading);
            return self.store().purge(glob).await;
        }
        // What is there is counted before the loads take it with them.
        let purged = self.store().purge(glob).await;
        self.invalidate_here(&loading);
        purged
    }

    /// Runs `future`, and applies the invalidations made inside once it has returned `Ok`: for code inside a database
    /// transaction, which must not invalidate before it commits.
    ///
    /// It collects the invalidations of this cache that [`invalidate`](Self::invalidate) and its like make, annotated
    /// functions, and the functions generated beside them (companions); there they return
    /// [`Postponed`](Invalidated::Postponed). A [`delete`](Self::delete), and a [`purge`](Self::purge) of whole
    /// segments, is done at once, and once more at the end. What [`set`](Self::set), [`take`](Self::take) and `refresh`
    /// do is done at once and not undone: they have no place in a transaction. Tasks that `future` spawns are not
    /// inside.
    ///
    /// If `future` returns `Err`, what was collected is forgotten. If it is dropped or panics, what was collected is
    /// applied, because the transaction may have been committed.
    ///
    /// # Errors
    ///
    /// Those of `future`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cached_core::{Cache, Error, cached, invalidates};
    /// # #[cached(ttl = "1h", prefix = "account:{id}")]
    /// # async fn balance(id: u64) -> i64 { 7 }
    /// #[invalidates("account:{id}")]
    /// async fn book(id: u64, amount: i64) -> Result<(), Error> {
    ///     // … as part of the transaction
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let cache = Cache::in_memory()?;
    /// # cache.scope(async {
    /// # balance(1).await;
    /// Cache::current().after(async {
    ///     book(1, -50).await?;
    ///     book(2, 50).await?;
    /// #   assert!(balance::peek(1).await.is_some());
    ///     // transaction.commit().await?
    ///     Ok::<_, Error>(())
    /// }).await?;
    /// # assert!(balance::peek(1).await.is_none());
    /// # Ok(())
    /// # }).await
    /// # }
    /// ```
    pub async fn after<T, E>(&self, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let collecting = Deferring::new(self);
        let result = context::with_deferred(collecting.deferred(), future).await;
        collecting.settle(result.is_ok()).await;
        result
    }
}

/// Returns the smallest group that has all that `glob` matches, if that is not much more.
fn group_of_glob(glob: &str) -> Option<String> {
    if glob == "*" {
        return Some(group::NAMESPACE.to_owned());
    }
    let segments = glob.strip_suffix(":*")?;
    let is_plain = !segments.contains(['*', '?', '[', ']', '\\']) && !segments.is_empty();
    is_plain.then(|| group::of_prefix(segments))
}
