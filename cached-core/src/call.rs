//! One call of an annotated function: it looks its key up, and loads on a miss.
//!
//! The look-up is here. Code that depends on the caller's types is here and in [`load`](crate::call::load), and short;
//! the rest is [`Cache`]'s, compiled once.

use crate::{
    call::{
        load::{Load, PlannedLoad},
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

/// The outcome of a look-up: a value, or a load that gives one.
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
    /// The key is borrowed, not moved, and the future that asks a store outside the process is boxed: a hit in memory
    /// copies neither.
    pub async fn find(&self, key: &mut Key) -> Found<R, T> {
        let look_up = |cache: &Cache, context: ContextRef<'_>| {
            self.look_up(cache, context, key, ReadPurpose::Call)
        };
        let ask = match context::with_current_cache(look_up) {
            LocalLookup::Hit(value) | LocalLookup::Stale(value, ..) => return Found::Hit(value),
            LocalLookup::Uncached => return Found::Miss(self.begin_uncached_load()),
            LocalLookup::Miss(cache, planned) => {
                return Found::Miss(self.begin_load(cache, key.take(), planned));
            }
            LocalLookup::Ask(ask) => ask,
        };
        let found = Box::pin(self.ask_store(ask, key.take(), ReadPurpose::Call));
        found.await.into_found()
    }

    /// Looks `key` up in `cache`, as [`find`](Self::find) does.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        self.find_for_purpose(cache, key, ReadPurpose::Call)
            .await
            .into_found()
    }

    /// Returns the value that a call would return now without loading.
    pub async fn peek(self, key: Key) -> Option<R> {
        let cache = context::current_cache();
        self.peek_in(&cache, key).await
    }

    /// Looks into `cache`, as [`peek`](Self::peek) does.
    pub async fn peek_in(self, cache: &Cache, mut key: Key) -> Option<R> {
        self.find_for_purpose(cache, &mut key, ReadPurpose::Peek)
            .await
            .into_value()
    }

    /// Looks `key` up in `cache` for `purpose`, which says how old a value may be.
    pub(crate) async fn find_for_purpose(
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
        let look_up = |context: ContextRef<'_>| self.look_up(cache, context, key, purpose);
        let ask = match self.resolve_local(context::with_task_context(look_up), key) {
            Ok(found) => return found,
            Err(ask) => ask,
        };
        Box::pin(self.ask_store(ask, key.take(), purpose)).await
    }

    pub(crate) fn begin_load(&self, cache: Cache, key: Key, planned: PlannedLoad) -> Load<R, T> {
        Load::new(*self, cache, key, planned, clock::instant())
    }

    pub(crate) fn begin_uncached_load(&self) -> Load<R, T> {
        Load::uncached(*self)
    }
}

/// Runs `call`, in which the next call of `function` loads and stores, whatever is there.
pub fn refresh<F: Future>(function: &'static Function, call: F) -> impl Future<Output = F::Output> {
    context::with_mode_once(function, Mode::Refresh, call)
}

/// Runs `call`, in which the next call of `function` runs its body and touches no cache.
pub fn uncached<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    context::with_mode_once(function, Mode::Bypass, call)
}
