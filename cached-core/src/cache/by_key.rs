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
        write::stale,
    },
    error::{Error, ErrorKind},
    format::freshness::Lifetime,
    key::{Key, target::Target},
    store::Reply,
    telemetry::event::StoreKind,
};

impl Cache {
    /// The value at `key`, if there is one of this type.
    ///
    /// What cannot be read as a `T` is a counted miss. In this process that is every other type; in
    /// Redis it is what JSON does not read as a `T`, so that `1_i32` comes back as a `u8` there. Inside [`bypass`](Self::bypass) and
    /// [`refresh`](Self::refresh), and with the cache turned off, there is nothing.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unavailable`] or [`ErrorKind::Timeout`] if the store does not answer; at once while
    ///   [it is not asked](crate::Outage), unless this process has loaded the value itself in that time;
    /// - [`ErrorKind::Refused`], [`ErrorKind::Unsupported`] or [`ErrorKind::Server`] if it answers
    ///   with a refusal or another error.
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
        if !self.reads(&key)? {
            return Ok(None);
        }
        let look = ReadStart::now(self, &key);
        let reply = self.store().read(&key, false).await;
        match self.heard(&key, reply) {
            Ok(reply) => Ok(self.value(&key, &reply, look)),
            Err(error) => {
                let loaded = self.value_in_outage(&Codec::<T, T>::plain(), &key);
                let value = loaded.ok_or(error)?;
                self.count_hit(key.function(), StoreKind::Memory);
                Ok(Some(value))
            }
        }
    }

    /// The values at `keys`, in their order, by as few commands as possible.
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
            if !self.reads(key)? {
                return Ok(keys.iter().map(|_| None).collect());
            }
        }
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let looks: Vec<ReadStart> = keys.iter().map(|key| ReadStart::now(self, key)).collect();
        let replies = self.store().read_many(&keys).await;
        let replies = self.heard(first, replies)?;
        Ok(keys
            .iter()
            .zip(replies)
            .zip(looks)
            .map(|((key, reply), look)| self.value(key, &reply, look))
            .collect())
    }

    /// The value at `key`, or the one that `load` makes, which is stored for `ttl`, or for the
    /// cache's default. With a `ttl` shorter than a millisecond it is returned and not stored.
    ///
    /// Calls that miss the same key at one time share one load, as with
    /// [`#[cached]`](macro@crate::cached). An error of `load` is returned and not stored; an error
    /// of the store never surfaces.
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

    /// Removes what is at `key`; returns whether there was something.
    ///
    /// Works with the cache turned off, too. A load of the key that is under way, in whatever process, is
    /// not joined any more, and what it gives is not stored. The placeholder of such a load counts as
    /// something, and so does an entry that was invalidated already.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); then the value may still be there for other processes, and the deletion is
    /// sent again when the store answers. Inside [`after`](Self::after) it is repeated at the end.
    pub async fn delete(&self, key: impl Into<Key>) -> Result<bool, Error> {
        let key = key.into();
        self.checked(&key)?;
        let entry = || vec![Target::Entry(key.clone())];
        // Inside an `after` somebody may load, before its end, what was there before it.
        self.repeat_after(entry);
        let deleted = self.carry_out(entry()).await;
        Ok(self.heard(&key, deleted)?.contains(&true))
    }

    /// Whether there is an entry at `key` that a read would take, of whatever type.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn exists(&self, key: impl Into<Key>) -> Result<bool, Error> {
        Ok(self.there(&key.into(), false).await?.is_some())
    }

    /// What a read of `key` would take, if there is something; `closely` asked, how long it is kept.
    async fn there(&self, key: &Key, with_ttl: bool) -> Result<Option<Lifetime>, Error> {
        if !self.reads(key)? {
            return Ok(None);
        }
        let look = ReadStart::now(self, key);
        let reply = self.store().read(key, with_ttl).await;
        let reply = self.heard(key, reply)?;
        let there = hit_test::fresh_kept(&reply).filter(|_| look.trusted);
        Ok(there.or_else(|| {
            let (coming, kept) = self.on_its_way(key, look.began, &reply)?;
            let stale = stale(key, coming.outcome);
            let remaining = kept.remaining.map(|fresh| fresh.saturating_add(stale));
            Some(Lifetime {
                stale,
                remaining,
                ..kept
            })
        }))
    }

    /// How long the entry at `key` will be fresh; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn ttl(&self, key: impl Into<Key>) -> Result<Option<Duration>, Error> {
        let there = self.there(&key.into(), true).await?;
        Ok(there.and_then(Lifetime::fresh_for))
    }

    /// The value at `key`, which is removed: of several callers at once, one gets it.
    ///
    /// For what may be used once, as the state of an OAuth login. What is there is gone whatever it
    /// is: a value of another type is removed as well, and `None` returned. Inside [`refresh`](Self::refresh) as well:
    /// nothing could load it anew. Inside [`bypass`](Self::bypass) there is nothing, and it stays.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); after a [`Timeout`](ErrorKind::Timeout) the value may be gone.
    pub async fn take<T: CacheValue>(&self, key: impl Into<Key>) -> Result<Option<T>, Error> {
        let key = key.into();
        self.checked(&key)?;
        if !self.writes(&key) {
            return Ok(None);
        }
        let trusted = self.trusts(&key);
        if self.local().is_none() {
            // Nobody joins a load under way any more.
            self.epochs().advance_entry(&key);
        }
        let reply = self.store().take(&key).await;
        let reply = self.heard(&key, reply)?;
        let codec = Codec::<T, T>::plain();
        let found = read::answer(&codec, self, &reply, trusted, Accepts::of(None));
        Ok(self.counted(&key, found.map(|(value, _)| value)))
    }

    /// Gives the entry at `key` a new ttl, counted from now; returns whether there is one.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] if `ttl` is shorter than a millisecond;
    /// - those of [`get`](Self::get).
    pub async fn touch(&self, key: impl Into<Key>, ttl: Duration) -> Result<bool, Error> {
        let key = key.into();
        long_enough(ttl)?;
        // What is not an entry, or does not count, keeps the ttl it has.
        let Some(there) = self.there(&key, false).await? else {
            return Ok(false);
        };
        let touched = self.store().touch(&key, ttl, there.stale).await;
        self.heard(&key, touched)
    }

    pub(super) fn checked(&self, key: &Key) -> Result<(), Error> {
        self.usable()?;
        key.check()
    }

    /// Whether a read of `key` goes to the store.
    fn reads(&self, key: &Key) -> Result<bool, Error> {
        self.checked(key)?;
        Ok(self.is_on() && context::mode(key.function(), self).is_none())
    }

    pub(super) fn writes(&self, key: &Key) -> bool {
        self.is_on() && context::mode(key.function(), self) != Some(Mode::Bypass)
    }

    pub(super) fn heard<T>(&self, key: &Key, result: Result<T, Error>) -> Result<T, Error> {
        result.inspect_err(|_| {
            self.counters(key.function()).errors.count();
            self.probe_if_in_outage();
        })
    }

    /// What `reply` holds, or what is on its way to the store.
    pub(super) fn value<T: CacheValue>(
        &self,
        key: &Key,
        reply: &Reply,
        look: ReadStart,
    ) -> Option<T> {
        let codec = Codec::<T, T>::plain();
        let found = read::found(&codec, self, key, reply, look, Accepts::of(None));
        self.counted(key, found.map(|(value, _)| value))
    }

    fn counted<T>(&self, key: &Key, found: Result<T, MissReason>) -> Option<T> {
        let store = self.store().kind();
        match &found {
            Ok(_) => self.count_hit(key.function(), store),
            Err(miss) => self.count_miss(key.function(), store, *miss),
        }
        found.ok()
    }
}

pub(super) fn long_enough(ttl: Duration) -> Result<(), Error> {
    if ttl >= Duration::from_millis(1) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Config,
        "a ttl must be at least a millisecond: to remove a value, use `delete`",
    ))
}
