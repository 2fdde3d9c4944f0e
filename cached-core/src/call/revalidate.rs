//! Stale-while-revalidate (RFC 5861): a value past its ttl is the answer, and is loaded anew in the background.
//!
//! The call that finds such a value leads the flight of its key, if nobody loads it. A task then calls the function
//! itself, with arguments of its own, and gives that call a ticket: it runs its body as the load of the flight, with
//! what the first call saw. So it obeys every rule that any load obeys: those who join it have seen the same, and its
//! value is stored only in place of what was seen.

use std::{fmt, pin::Pin, time::Instant};

use tokio::runtime::Handle;

use crate::{
    call::{Found, LocalLookup, ask_store::AskStore, load::Load},
    clock,
    codec::Codec,
    engine::{
        Cache,
        context::{self, ContextRef},
        read::{ReadPurpose, ReadView},
        ticket::RevalidateTicket,
    },
    format::freshness::Freshness,
    key::{Key, function::Function},
    single_flight::{LoadCaller, Role},
    store::LocalStore,
};

/// A call of the same function, which owns its arguments.
pub type Again<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// The outcome of a look-up, for a function whose values may be served past their ttl.
#[derive(Debug)]
#[must_use]
pub enum FoundStale<R, T> {
    /// The call is answered.
    Hit(R),
    /// The call is answered by a value past its ttl, which is to be loaded anew.
    Stale(Stale<R>),
    /// The body has to run, or another call's.
    Miss(Load<R, T>),
}

/// A value past its ttl, and what is needed to load it anew.
#[must_use]
pub struct Stale<R> {
    value: R,
    found: Box<StaleFound>,
}

/// The look-up of a call that answered with a value past its ttl.
struct StaleFound {
    cache: Cache,
    key: Key,
    seen: Box<ReadView>,
    began: Instant,
}

// As in `call`: no `R` is alive across an `await`.
impl<R, T> Codec<R, T> {
    /// Looks `key` up as [`find`](Self::find) does, and takes a value that may be served while it is loaded anew.
    pub async fn find_stale(&self, key: &mut Key) -> FoundStale<R, T> {
        let look_up = |cache: &Cache, context: ContextRef<'_>| {
            self.look_up(cache, context, key, ReadPurpose::CallAcceptingStale)
        };
        let ask = match self.resolve_local(context::with_current_cache(look_up), key) {
            Ok(found) => return found,
            Err(ask) => ask,
        };
        Box::pin(self.ask_store(ask, key.take(), ReadPurpose::CallAcceptingStale)).await
    }

    /// Looks `key` up in `cache`, as [`find_stale`](Self::find_stale) does.
    pub async fn find_stale_in(&self, cache: &Cache, key: &mut Key) -> FoundStale<R, T> {
        self.find_for_purpose(cache, key, ReadPurpose::CallAcceptingStale)
            .await
    }

    /// Returns what a look-up inside the process found, or its question for the store.
    pub(crate) fn resolve_local(
        &self,
        lookup: LocalLookup<R>,
        key: &mut Key,
    ) -> Result<FoundStale<R, T>, AskStore> {
        Ok(match lookup {
            LocalLookup::Hit(value) => FoundStale::Hit(value),
            LocalLookup::Stale(value, cache, seen) => {
                let began = clock::instant();
                FoundStale::Stale(Stale::new(value, cache, key.take(), seen, began))
            }
            LocalLookup::Uncached => FoundStale::Miss(self.begin_uncached_load()),
            LocalLookup::Miss(cache, planned) => {
                FoundStale::Miss(self.begin_load(cache, key.take(), planned))
            }
            LocalLookup::Ask(ask) => return Err(ask),
        })
    }
}

impl<R, T> FoundStale<R, T> {
    /// Converts the outcome for a caller that asked for no value past its ttl.
    pub(crate) fn into_found(self) -> Found<R, T> {
        match self {
            Self::Hit(value) => Found::Hit(value),
            Self::Stale(stale) => Found::Hit(stale.value),
            Self::Miss(load) => Found::Miss(load),
        }
    }

    pub(crate) fn into_value(self) -> Option<R> {
        match self {
            Self::Hit(value) => Some(value),
            Self::Stale(stale) => Some(stale.value),
            Self::Miss(_) => None,
        }
    }
}

impl<R> Stale<R> {
    pub(crate) fn new(
        value: R,
        cache: Cache,
        key: Key,
        seen: Box<ReadView>,
        began: Instant,
    ) -> Self {
        let found = Box::new(StaleFound {
            cache,
            key,
            seen,
            began,
        });
        Self { value, found }
    }

    /// Returns the value, and spawns a task that runs `again`, unless the value is being loaded already, or too many
    /// others are, or there is no runtime.
    pub fn answer(self, again: impl FnOnce() -> Again<R>) -> R
    where
        R: 'static,
    {
        self.found.revalidate(|| {
            let again = again();
            // What it returns is for the flight and the store; it need not be `Send`.
            Box::pin(async move { drop(again.await) })
        });
        self.value
    }
}

impl StaleFound {
    /// Loads the value anew in a task of its own.
    fn revalidate(self, again: impl FnOnce() -> Again<()>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (cache, function) = (self.cache.clone(), self.key.function());
        let Some(function) = function else {
            return;
        };
        let Some(ticket) = self.join_flight() else {
            return;
        };
        let Some(permit) = cache.background_refreshes().try_acquire_owned() else {
            cache.count_unrefreshed(Some(function));
            return;
        };
        cache.count_refresh(Some(function));
        let scoped = context::scoped_cache();
        let again = context::with_ticket(function, ticket, scoped, again());
        runtime.spawn(async move {
            let _permit = permit;
            // A cache that was turned off meanwhile keeps nothing.
            if cache.is_on() {
                again.await;
            }
        });
    }

    /// Takes the lead of a flight, if none is under way that may answer this call.
    fn join_flight(self) -> Option<RevalidateTicket> {
        let Self {
            cache,
            key,
            seen,
            began,
        } = self;
        let view = seen.reply.view();
        let load_caller = LoadCaller {
            key: &key,
            began,
            saw: Some(&view),
        };
        let parallel = cache.parallel_failing_loads();
        let Role::Lead(lead) = cache.primary().flights.join(load_caller, parallel) else {
            return None;
        };
        if cache.local().is_some_and(|local| is_fresh(local, &key)) {
            // It was loaded between the look-up and this.
            lead.abandon();
            return None;
        }
        Some(RevalidateTicket {
            cache,
            key,
            lead,
            seen,
        })
    }
}

fn is_fresh(local: &dyn LocalStore, key: &Key) -> bool {
    let windows = key.function().map(Function::windows).unwrap_or_default();
    let mut is_fresh = false;
    local.visit(key, false, &mut |_, lifetime| {
        is_fresh = lifetime.age(windows) == Freshness::Fresh;
    });
    is_fresh
}

impl<R> fmt::Debug for Stale<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stale").finish_non_exhaustive()
    }
}
