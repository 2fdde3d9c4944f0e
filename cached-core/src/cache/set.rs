//! Storing by key.

use std::{
    collections::{BTreeSet, HashMap},
    hash::BuildHasher,
    time::Duration,
};

use hashbrown::DefaultHashBuilder;
use tokio::sync::{Mutex, MutexGuard};

use super::{Cache, by_key::long_enough};
use crate::{
    Error, ErrorKind, Key, clock,
    codec::{CacheValue, Codec},
    flight::Captured,
    invalidation::Target,
    json::Unstorable,
    store::{Kept, Reply, Write},
};

/// How many sets can be under way at a time, at the most: a power of two.
const TURNS: u8 = 64;

/// Lets sets of one key take turns.
#[derive(Debug)]
pub(super) struct Turns {
    places: [Mutex<()>; TURNS as usize],
    hasher: DefaultHashBuilder,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: std::array::from_fn(|_| Mutex::new(())),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl Turns {
    /// The places of `keys`, each once, in one order for all callers: no two of them wait for each other.
    fn of(&self, keys: &[Key]) -> impl Iterator<Item = &Mutex<()>> {
        let places = keys
            .iter()
            .map(|key| self.hasher.hash_one(key.local()) & u64::from(TURNS - 1));
        let places: BTreeSet<u64> = places.collect();
        places
            .into_iter()
            .filter_map(|place| self.places.get(usize::try_from(place).ok()?))
    }
}

impl Cache {
    /// Stores `value` at `key` for `ttl`, or for the cache's default if that is `None`.
    ///
    /// What was there is replaced. Of several in this process the last one wins; if the key is invalidated, or
    /// stored by another process, while this is under way, there is nothing in the end. Dropped before it
    /// returns, the value may be there or not.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] if `ttl` is shorter than a millisecond;
    /// - [`ErrorKind::Unstorable`] if JSON cannot bring the value back unchanged;
    /// - [`ErrorKind::TooLarge`] if it is over [`max_entry_size`](crate::Builder::max_entry_size);
    /// - those of [`get`](Self::get).
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
    /// All of it has one deadline: store some hundreds at a time.
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
        let ttl = ttl.into().unwrap_or(self.0.config.default_ttl);
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        let (keys, values) = last_of_each(entries.collect());
        let Some(first) = keys.first() else {
            return Ok(());
        };
        long_enough(ttl)?;
        for key in &keys {
            self.checked(key)?;
        }
        if !self.writes(first) {
            return Ok(());
        }
        let _turn = self.heard(first, self.take_turn(&keys).await)?;
        for key in &keys {
            self.supersede(key);
        }
        let at = self.generations().now();
        let claimed = self.store().claim(&keys, self.lives(None, Some(ttl))).await;
        let claimed = self.heard(first, claimed)?;
        let captured = claimed.iter().map(|there| Captured {
            at,
            from: Reply::view(there).captures(),
        });
        let all = keys.iter().zip(values).zip(captured);
        let writes = all
            .map(|((key, value), captured)| self.to_set(key, value, ttl, &captured))
            .collect::<Result<Vec<Write>, Error>>()?;
        let sizes: Vec<usize> = writes.iter().map(|write| write.payload.len()).collect();
        let kept = self.store().store(writes).await;
        let mut late = Vec::new();
        for (index, (key, bytes)) in keys.iter().zip(sizes).enumerate() {
            let kept = kept.as_ref().ok().and_then(|kept| kept.get(index)).copied();
            if let Some(kept) = kept {
                self.count_kept(key.function(), kept, bytes, ttl);
            }
            if kept != Some(Kept::Stored) {
                late.push(Target::Entry(key.clone()));
            }
        }
        // An older load may have stored first: whatever is there is not what the caller gave.
        if !late.is_empty() {
            let _ = self.carry_out(late).await;
        }
        self.heard(first, kept).map(drop)
    }

    /// Waits until no other call of this process sets any of `keys`: each then finds what the one before
    /// has stored, and replaces it.
    async fn take_turn(&self, keys: &[Key]) -> Result<Vec<MutexGuard<'_, ()>>, Error> {
        let deadline = self.0.config.op_timeout;
        let all = async {
            let mut turns = Vec::new();
            for place in self.0.turns.of(keys) {
                turns.push(place.lock().await);
            }
            turns
        };
        clock::within(deadline, all).await.ok_or_else(|| {
            Error::new(
                ErrorKind::Timeout,
                "other calls that set this key did not come to an end in time",
            )
        })
    }

    fn to_set<T: CacheValue>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
        captured: &Captured,
    ) -> Result<Write, Error> {
        let codec = Codec::<T, T>::plain();
        let write = self
            .to_store(&codec, key, value, codec.share(value), ttl, captured)
            .map_err(|why| {
                self.count_unstorable(key.function(), &why);
                unstorable(&why)
            })?;
        match write {
            Some(write) => Ok(Write {
                replaces: true,
                ..write
            }),
            None => Err(Error::new(
                ErrorKind::Server,
                "something that is no entry lies at this key: another program uses the namespace;                  to remove it, use `delete`",
            )),
        }
    }
}

/// Of several values for one key the last one counts.
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
