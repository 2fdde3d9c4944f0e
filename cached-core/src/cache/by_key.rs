//! Calls by key: the cache without an annotated function.

use std::time::Duration;

use crate::{
    call::Found,
    codec::{CacheValue, Codec, returns::Returns},
    engine::{
        Cache,
        context::{self, Mode},
        hit_test::{self, Accepts, MissReason},
        read::{self, ReadStart},
        write::stale_window,
    },
    error::{Error, ErrorKind},
    format::freshness::Lifetime,
    key::{Key, target::Target},
    store::Reply,
    telemetry::event::StoreKind,
};

impl Cache {
    /// Returns the value at `key`, if there is one of this type.
    ///
    /// What cannot be read as a `T` is a counted miss. In this process that is every other type; in Redis it is what
    /// JSON does not read as a `T`, so that `1_i32` comes back as a `u8` there. Inside [`bypass`](Self::bypass) and
    /// [`refresh`](Self::refresh), and with the cache turned off, there is nothing.
    ///
    /// Takes one round trip to Redis, which other reads of the same moment share, and never waits for a load. It may be
    /// dropped at any moment.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Key`] if the key has an argument that cannot be encoded;
    /// - [`ErrorKind::Unavailable`] or [`ErrorKind::Timeout`] if the store does not answer; at once while
    ///   [it is not asked](crate::Outage), unless this process has loaded the value itself in that time;
    /// - [`ErrorKind::Refused`], [`ErrorKind::Unsupported`] or [`ErrorKind::Server`] if it answers with a refusal or
    ///   another error;
    /// - the error of a cache that could not be made from the environment.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cached_core::Cache;
    /// # use std::time::{Duration, Instant};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_core::Error> {
    /// let cache = Cache::in_memory()?;
    /// cache.set("user:42:name", &"Ada".to_owned(), Duration::from_secs(60)).await?;
    /// assert_eq!(cache.get::<String>("user:42:name").await?.as_deref(), Some("Ada"));
    /// assert_eq!(cache.get::<u64>("user:42:name").await?, None); // another type
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get<T: CacheValue>(&self, key: impl Into<Key>) -> Result<Option<T>, Error> {
        let key = key.into();
        if !self.may_read(&key)? {
            return Ok(None);
        }
        let start = ReadStart::now(self, &key);
        let reply = self.store().read(&key, false).await;
        match self.note_error(&key, reply) {
            Ok(reply) => Ok(self.value_in_reply(&key, &reply, start)),
            Err(error) => {
                let loaded = self.find_in_outage(&Codec::<T, T>::plain(), &key);
                let value = loaded.ok_or(error)?;
                self.count_hit(key.function(), StoreKind::Memory);
                Ok(Some(value))
            }
        }
    }

    /// Returns the values at `keys`, in their order, by as few commands as possible.
    ///
    /// All of it has one deadline: ask for some hundreds of keys at a time, not for all there are.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), but for what this process has loaded itself in an outage; then no value is returned.
    pub async fn get_many<T: CacheValue>(
        &self,
        keys: impl IntoIterator<Item = impl Into<Key>>,
    ) -> Result<Vec<Option<T>>, Error> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        for key in &keys {
            if !self.may_read(key)? {
                return Ok(keys.iter().map(|_| None).collect());
            }
        }
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let starts: Vec<ReadStart> = keys.iter().map(|key| ReadStart::now(self, key)).collect();
        let replies = self.store().read_many(&keys).await;
        let replies = self.note_error(first, replies)?;
        Ok(keys
            .iter()
            .zip(replies)
            .zip(starts)
            .map(|((key, reply), start)| self.value_in_reply(key, &reply, start))
            .collect())
    }

    /// Returns the value at `key`, or the one that `load` makes, which is stored for `ttl`, or for the cache's default.
    ///
    /// With a `ttl` shorter than a millisecond a loaded value is returned and not stored. Calls that miss the same key
    /// at one time share one load, as with [`#[cached]`](macro@crate::cached). If this future is dropped while `load`
    /// runs, or `load` panics, a call that waits for it runs its own. An error of `load` is returned and not stored; an
    /// error of the store never surfaces.
    ///
    /// # Errors
    ///
    /// Those of `load`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cached_core::Cache;
    /// # use std::time::{Duration, Instant};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::in_memory()?;
    /// let length = cache
    ///     .get_or_load("length:hello", Duration::from_secs(60), async || {
    ///         Ok::<_, std::io::Error>("hello".len())
    ///     })
    ///     .await?;
    /// assert_eq!(length, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_or_load<T: CacheValue, E>(
        &self,
        key: impl Into<Key>,
        ttl: impl Into<Option<Duration>>,
        load: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let codec = Returns::<Result<T, E>>::codec_without_shared_errors();
        let (mut key, ttl) = (key.into(), ttl.into());
        let miss = match codec.find_in(self, &mut key).await {
            Found::Hit(value) => return value,
            Found::Miss(miss) => miss,
        };
        miss.for_ttl(ttl).run(load()).await
    }

    /// Removes what is at `key`; returns `true` if there was something.
    ///
    /// Works with the cache turned off, too. A load of the key that is under way, in whatever process, is not joined
    /// any more, and what it gives is not stored. The placeholder of such a load counts as something, and so does an
    /// entry that was invalidated already. Once begun, it is carried out even if this future is dropped.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); then the value may still be there for other processes, and the deletion is
    /// sent again when the store answers. Inside [`after`](Self::after) it is repeated at the end.
    pub async fn delete(&self, key: impl Into<Key>) -> Result<bool, Error> {
        let key = key.into();
        self.check_key(&key)?;
        let entry = || vec![Target::Entry(key.clone())];
        // Inside an `after` somebody may load, before its end, what was there before it.
        self.repeat_after(entry);
        let deleted = self.invalidate_now(entry()).await;
        Ok(self.note_error(&key, deleted)?.contains(&true))
    }

    /// Returns `true` if there is an entry at `key` that a read would take, of whatever type.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn exists(&self, key: impl Into<Key>) -> Result<bool, Error> {
        Ok(self.find_lifetime(&key.into(), false).await?.is_some())
    }

    /// Returns the lifetime of the entry that a read of `key` would take, if there is one; `with_ttl`, it says how much
    /// of that remains.
    async fn find_lifetime(&self, key: &Key, with_ttl: bool) -> Result<Option<Lifetime>, Error> {
        if !self.may_read(key)? {
            return Ok(None);
        }
        let start = ReadStart::now(self, key);
        let reply = self.store().read(key, with_ttl).await;
        let reply = self.note_error(key, reply)?;
        let there = hit_test::fresh_lifetime(&reply).filter(|_| start.trusted);
        Ok(there.or_else(|| {
            let (coming, lifetime) = self.find_unstored(key, start.began, &reply)?;
            let stale = stale_window(key, coming.outcome);
            let remaining = lifetime.remaining.map(|fresh| fresh.saturating_add(stale));
            Some(Lifetime {
                stale,
                remaining,
                ..lifetime
            })
        }))
    }

    /// Returns the time for which the entry at `key` is still fresh; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn ttl(&self, key: impl Into<Key>) -> Result<Option<Duration>, Error> {
        let there = self.find_lifetime(&key.into(), true).await?;
        Ok(there.and_then(Lifetime::fresh_for))
    }

    /// Removes the value at `key` and returns it, in one atomic step: of several callers at once, one gets it.
    ///
    /// For what may be used once, as the state of an OAuth login. What is there is gone whatever it is: a value of
    /// another type is removed as well, and `None` returned. So it is inside [`refresh`](Self::refresh), as nothing
    /// could load it anew. Inside [`bypass`](Self::bypass) there is nothing, and it stays. Dropped before it returns,
    /// the value may be gone.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); after a [`Timeout`](ErrorKind::Timeout) the value may be gone.
    pub async fn take<T: CacheValue>(&self, key: impl Into<Key>) -> Result<Option<T>, Error> {
        let key = key.into();
        self.check_key(&key)?;
        if !self.may_write(&key) {
            return Ok(None);
        }
        let trusted = self.trusts(&key);
        if self.local().is_none() {
            // Nobody joins a load under way any more.
            self.epochs().advance_entry(&key);
        }
        let reply = self.store().take(&key).await;
        let reply = self.note_error(&key, reply)?;
        let codec = Codec::<T, T>::plain();
        let found = hit_test::judge_reply(
            &codec,
            Accepts::of(None),
            &reply,
            trusted,
            self.max_entry_size(),
        );
        Ok(self.count_lookup(&key, found.map(|(value, _)| value)))
    }

    /// Gives the entry at `key` a new ttl, counted from now; returns `true` if there is one.
    ///
    /// Takes two round trips to Redis: the first reads whether the entry counts.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] if `ttl` is shorter than a millisecond;
    /// - those of [`get`](Self::get).
    pub async fn touch(&self, key: impl Into<Key>, ttl: Duration) -> Result<bool, Error> {
        let key = key.into();
        check_ttl(ttl)?;
        // What is not an entry, or does not count, keeps the ttl it has.
        let Some(there) = self.find_lifetime(&key, false).await? else {
            return Ok(false);
        };
        let touched = self.store().touch(&key, ttl, there.stale).await;
        self.note_error(&key, touched)
    }

    pub(super) fn check_key(&self, key: &Key) -> Result<(), Error> {
        self.check_usable()?;
        key.check()
    }

    /// Returns `true` if a read of `key` goes to the store.
    fn may_read(&self, key: &Key) -> Result<bool, Error> {
        self.check_key(key)?;
        Ok(self.is_on() && context::mode_by_key(key.function(), self).is_none())
    }

    /// Returns `true` if a write at `key` goes to the store.
    pub(super) fn may_write(&self, key: &Key) -> bool {
        self.is_on() && context::mode_by_key(key.function(), self) != Some(Mode::Bypass)
    }

    /// Counts the error of a `result`, and starts a probe if the store is in an outage.
    pub(super) fn note_error<T>(&self, key: &Key, result: Result<T, Error>) -> Result<T, Error> {
        result.inspect_err(|_| {
            self.counters(key.function()).errors.count();
            self.probe_if_in_outage();
        })
    }

    /// Returns the value that `reply` holds, or one that is on its way to the store.
    pub(super) fn value_in_reply<T: CacheValue>(
        &self,
        key: &Key,
        reply: &Reply,
        start: ReadStart,
    ) -> Option<T> {
        let codec = Codec::<T, T>::plain();
        let found = read::find_value(&codec, self, key, reply, start, Accepts::of(None));
        self.count_lookup(key, found.map(|(value, _)| value))
    }

    /// Counts a hit or a miss.
    fn count_lookup<T>(&self, key: &Key, found: Result<T, MissReason>) -> Option<T> {
        let store = self.store().kind();
        match &found {
            Ok(_) => self.count_hit(key.function(), store),
            Err(miss) => self.count_miss(key.function(), store, *miss),
        }
        found.ok()
    }
}

pub(super) fn check_ttl(ttl: Duration) -> Result<(), Error> {
    if ttl >= Duration::from_millis(1) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Config,
        "a ttl must be at least a millisecond: to remove a value, use `delete`",
    ))
}
