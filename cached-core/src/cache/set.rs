//! Storing by key.

use std::{collections::HashMap, time::Duration};

use super::by_key::check_ttl;
use crate::{
    clock,
    codec::{
        CacheValue, Codec,
        erased::{Returned as _, With},
    },
    coherence::epochs::Supersedes,
    engine::{Cache, write::MAX_REPLACEMENTS},
    error::{Error, ErrorKind},
    format::{entry::Id, json::Unstorable},
    key::{Key, target::Target},
    single_flight::LoadStart,
    store::{Reply, StoreOutcome, Write},
};

impl Cache {
    /// Stores `value` at `key` for `ttl`, or for the cache's default if that is `None`.
    ///
    /// What was there is replaced. Of several by one cache at the same moment the last one wins; if the key is
    /// invalidated, or stored by another process, while this is under way, there is nothing in the end. Dropped before
    /// it returns, the value may be there or not. Inside [`bypass`](Self::bypass), and with the cache turned off,
    /// nothing is stored.
    ///
    /// Takes two round trips to Redis: one claims the key, one stores.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] if `ttl` is shorter than a millisecond;
    /// - [`ErrorKind::Unstorable`] if JSON cannot bring the value back unchanged;
    /// - [`ErrorKind::TooLarge`] if it is over [`max_entry_size`](crate::Builder::max_entry_size);
    /// - those of [`get`](Self::get); then an older value is not there either, or will not be when the store
    ///   answers again.
    pub async fn set<T: CacheValue>(
        &self,
        key: impl Into<Key>,
        value: &T,
        ttl: impl Into<Option<Duration>>,
    ) -> Result<(), Error> {
        self.set_many([(key, value)], ttl).await
    }

    /// Stores several values for the same `ttl`, by as few commands as possible.
    ///
    /// All of it has one deadline: store some hundreds at a time. Of several values for one key the last one counts.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set). If a value cannot be stored, none is; if the store fails on the way, some may
    /// be for a while.
    pub async fn set_many<'a, T: CacheValue>(
        &self,
        entries: impl IntoIterator<Item = (impl Into<Key>, &'a T)>,
        ttl: impl Into<Option<Duration>>,
    ) -> Result<(), Error> {
        let ttl = ttl.into().unwrap_or(self.default_ttl());
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        let (keys, values) = last_of_each(entries.collect());
        let Some(first) = keys.first() else {
            return Ok(());
        };
        check_ttl(ttl)?;
        for key in &keys {
            self.check_key(key)?;
        }
        if !self.may_write(first) {
            return Ok(());
        }
        let (at, began) = (self.epochs().begin(), clock::instant());
        let claimed = self
            .store()
            .claim(&keys, self.capture_ttls(None, Some(ttl)))
            .await;
        if claimed.is_err() {
            // What is there is older than what the caller has, and cannot be replaced. It goes at once, also
            // inside an `after`.
            self.postpone(entries_at(&keys));
        }
        let claimed = self.note_error(first, claimed)?;
        let captured = claimed.iter().map(|there| LoadStart {
            at,
            began,
            from: Reply::view(there).captures(),
        });
        let all = keys.iter().zip(values).zip(captured);
        let writes = all
            .map(|((key, value), captured)| self.encode_set(key, value, ttl, &captured))
            .collect::<Result<Vec<Write>, Error>>()?;
        let stored = self.store_all(writes).await;
        if stored.is_err() {
            self.postpone(entries_at(&keys));
        }
        self.note_error(first, stored)
    }

    /// Stores `writes`. If something else is there now than was claimed, the younger value stays.
    async fn store_all(&self, mut writes: Vec<Write>) -> Result<(), Error> {
        for write in &mut writes {
            write.supersedes = Supersedes::Older;
            if self.local().is_none() {
                self.epochs().supersede(&write.key, write.captured);
            }
        }
        let mut uncertain = Vec::new();
        for _ in 0..MAX_REPLACEMENTS {
            for write in &writes {
                self.record_write(write);
            }
            let outcomes = self.store().store(writes.clone()).await?;
            let mut again = Vec::new();
            for (mut write, outcome) in writes.into_iter().zip(outcomes) {
                let resolution = match outcome {
                    StoreOutcome::Stored => Resolution::Leave,
                    StoreOutcome::Rejected(there) => self.resolve_rejection(&write, there),
                };
                if let Resolution::Replace(there) = resolution {
                    write.expected = there;
                    again.push(write);
                    continue;
                }
                let (function, store) = (write.key.function(), self.store().kind());
                self.count_outcome(function, store, outcome, write.payload.len(), write.ttl);
                if matches!(resolution, Resolution::Remove) {
                    uncertain.push(Target::Entry(write.key));
                }
            }
            writes = again;
            if writes.is_empty() {
                break;
            }
        }
        uncertain.extend(writes.into_iter().map(|write| Target::Entry(write.key)));
        if !uncertain.is_empty() {
            let _ = self.invalidate_now(uncertain).await;
        }
        Ok(())
    }

    /// Decides about a value that found `there` instead of what was claimed.
    fn resolve_rejection(&self, write: &Write, there: Option<Id>) -> Resolution {
        if self.local().is_some() {
            // The event that it was rejected for has removed what was there. Unless the epochs have forgotten which
            // event that was: it may have been another key's.
            let is_known = !self.epochs().has_forgotten(write.captured);
            return if is_known {
                Resolution::Leave
            } else {
                Resolution::Remove
            };
        }
        // Something was invalidated, or something younger of this process is on its way.
        if there.is_none() {
            return Resolution::Leave;
        }
        match self.find_own_load(write, there) {
            Some((there, span)) if span.began <= write.interval.began => Resolution::Replace(there),
            Some(_) => Resolution::Leave,
            None => Resolution::Remove,
        }
    }

    /// Encodes `value` as the entry that replaces what was `captured` at `key`.
    pub(super) fn encode_set<T: CacheValue>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
        captured: &LoadStart,
    ) -> Result<Write, Error> {
        let codec = Codec::<T, T>::plain();
        let returned = With(value, &codec);
        let shared = returned.share();
        let write = self
            .encode_write(self.primary(), key, &returned, shared, ttl, captured)
            .map_err(|why| {
                self.count_unstorable(key.function(), &why);
                unstorable(&why)
            })?;
        match write {
            Some(write) => Ok(write),
            None => Err(Error::new(
                ErrorKind::Server,
                "something that is no entry lies at this key: another program uses the namespace; \
                 to remove it, use `delete`",
            )),
        }
    }
}

/// The way out when a value was not stored because something else was there.
#[derive(Clone, Copy)]
enum Resolution {
    /// Replaces the value that is there, which is older and of this process.
    Replace(Id),
    /// Leaves the value that is there, which is younger, or its absence, which is intended.
    Leave,
    /// Removes the value that is there: an older load of another process may have stored first.
    Remove,
}

fn entries_at(keys: &[Key]) -> Vec<Target> {
    keys.iter().cloned().map(Target::Entry).collect()
}

/// Keeps the last of several values for one key.
fn last_of_each<T>(entries: Vec<(Key, T)>) -> (Vec<Key>, Vec<T>) {
    let mut places: HashMap<Box<[u8]>, usize> = HashMap::new();
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        let place = *places.entry(key.local().into()).or_insert(keys.len());
        if let Some(earlier) = values.get_mut(place) {
            *earlier = value;
        } else {
            keys.push(key);
            values.push(value);
        }
    }
    (keys, values)
}

fn unstorable(why: &Unstorable) -> Error {
    let kind = match why {
        Unstorable::TooLarge { .. } => ErrorKind::TooLarge,
        _ => ErrorKind::Unstorable,
    };
    Error::new(kind, format!("the value is not stored: {why}"))
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        pin::pin,
        sync::Arc,
        task::{Context, Poll, Waker},
    };

    use serde::{Deserialize, Serialize, Serializer};

    use super::*;
    use crate::{
        coherence::epochs::Epochs, config::Config, engine::backend::Backend,
        store::breaker::Breaker,
    };

    thread_local! {
        /// The cache in which a value invalidates other keys while it is encoded.
        static OTHERS: RefCell<Option<Cache>> = const { RefCell::new(None) };
    }

    #[derive(Clone, Debug, PartialEq, Deserialize)]
    struct Value(u8);

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if let Some(cache) = OTHERS.take() {
                for other in 0..10 {
                    assert!(!now(cache.delete(format!("other:{other}"))).unwrap());
                }
            }
            serializer.serialize_u8(self.0)
        }
    }

    /// Polls a future once: in memory nothing waits.
    fn now<T>(future: impl Future<Output = T>) -> T {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn a_set_that_nobody_remembers_the_beginning_of_leaves_nothing_older() {
        let (config, epochs) = (Config::default(), Epochs::remembering(4));
        let primary = Backend::in_memory(&config, &epochs, None);
        let breaker = Arc::new(Breaker::new(config.failures_until_outage));
        let cache = Cache::with_backend(config, primary, epochs, breaker, None);
        now(cache.set("key", &Value(1), None)).unwrap();
        OTHERS.set(Some(cache.clone()));
        now(cache.set("key", &Value(2), None)).unwrap();
        assert_eq!(now(cache.get::<Value>("key")).unwrap(), None);
        now(cache.set("key", &Value(3), None)).unwrap();
        assert_eq!(now(cache.get("key")).unwrap(), Some(Value(3)));
    }
}
