//! One call of an annotated function: the look-up.
//!
//! What depends on the caller's types is here and in [`load`](crate::call::load), and short; the rest is
//! [`Cache`]'s.

use crate::{
    call::{
        load::{Load, Start},
        revalidate::FoundStale,
    },
    clock,
    codec::Codec,
    engine::{
        Cache,
        context::{self, ContextRef, Mode},
        read::ReadPurpose,
    },
    key::{Key, function::Function},
};

mod ask_store;
mod fast_path;
pub(crate) mod invalidates;
pub(crate) mod load;
mod local;
pub(crate) mod owned_args;
pub(crate) mod revalidate;

use local::LocalLookup;

/// What a look-up found: a value, or what it takes to load one.
#[derive(Debug)]
#[must_use]
pub enum Found<R, T> {
    /// The call is answered.
    Hit(R),
    /// The body has to run, or another call's.
    Miss(Load<R, T>),
}

// A return type need not be `Send` for its function's future to be: an error may hold an `Rc`. So
// no `R` is alive here across an `await`, not even inside a scrutinee or an argument.
impl<R, T> Codec<R, T> {
    /// Looks `key` up in the cache of this task. On a miss the key is taken.
    ///
    /// The key is borrowed, not moved, and the way to a store outside the process is boxed: a hit
    /// in memory copies neither.
    pub async fn find(&self, key: &mut Key) -> Found<R, T> {
        let looks = |cache: &Cache, around: ContextRef<'_>| {
            self.look(cache, around, key, ReadPurpose::Call)
        };
        let ask = match context::with_current(looks) {
            LocalLookup::Hit(value) | LocalLookup::Stale(value, ..) => return Found::Hit(value),
            LocalLookup::Uncached => return Found::Miss(self.alone()),
            LocalLookup::Miss(cache, start) => {
                return Found::Miss(self.miss(cache, key.take(), start));
            }
            LocalLookup::Ask(ask) => ask,
        };
        let found = Box::pin(self.ask_store(ask, key.take(), ReadPurpose::Call));
        found.await.settled()
    }

    /// As [`find`](Self::find), in `cache`.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        self.seek_in(cache, key, ReadPurpose::Call).await.settled()
    }

    /// What a call would return now without loading.
    pub async fn peek(self, key: Key) -> Option<R> {
        let cache = context::current();
        self.peek_in(&cache, key).await
    }

    /// As [`peek`](Self::peek), in `cache`.
    pub async fn peek_in(self, cache: &Cache, mut key: Key) -> Option<R> {
        self.seek_in(cache, &mut key, ReadPurpose::Peek)
            .await
            .value()
    }

    pub(crate) async fn seek_in(
        &self,
        cache: &Cache,
        key: &mut Key,
        purpose: ReadPurpose,
    ) -> FoundStale<R, T> {
        if purpose != ReadPurpose::Peek
            && let Some(value) = self.hit_in(cache, key)
        {
            return FoundStale::Hit(value);
        }
        let looks = |around: ContextRef<'_>| self.look(cache, around, key, purpose);
        let ask = match self.known(context::with_task_context(looks), key) {
            Ok(found) => return found,
            Err(ask) => ask,
        };
        Box::pin(self.ask_store(ask, key.take(), purpose)).await
    }

    pub(crate) fn miss(&self, cache: Cache, key: Key, start: Start) -> Load<R, T> {
        Load::new(*self, cache, key, start, clock::instant())
    }

    pub(crate) fn alone(&self) -> Load<R, T> {
        Load::alone(*self)
    }
}

/// The next call of `function` inside `call` loads and stores, whatever is there.
pub fn refresh<F: Future>(function: &'static Function, call: F) -> impl Future<Output = F::Output> {
    context::once(function, Mode::Refresh, call)
}

/// The next call of `function` inside `call` runs the body and touches no cache.
pub fn uncached<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    context::once(function, Mode::Bypass, call)
}
