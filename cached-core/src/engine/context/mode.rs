//! [`Mode`]: the way in which calls use a cache, other than read, load and store.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::ContextRef;
use crate::{
    engine::{Cache, ticket::RevalidateTicket},
    key::function::Function,
};

/// The way in which calls use a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Calls neither read nor store.
    Bypass,
    /// Calls load and store, whatever is there.
    Refresh,
    /// A call loads as its ticket says.
    Revalidate,
}

/// A mode for one cache.
#[derive(Clone, Debug)]
pub(super) struct ScopedMode {
    pub(super) cache: Cache,
    pub(super) mode: Mode,
    pub(super) calls: Calls,
}

/// The calls that a mode is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    All,
    /// Calls that could run a body, and not those by key: a client who asks for a fresh answer does not mean
    /// what a handler keeps for itself.
    Loading,
}

/// A mode for the next call of one function only, whatever its cache.
#[derive(Debug)]
pub(super) struct Once {
    function: &'static Function,
    mode: Mode,
    taken: AtomicBool,
    ticket: Mutex<Option<Box<RevalidateTicket>>>,
}

impl Once {
    pub(super) fn new(
        function: &'static Function,
        mode: Mode,
        ticket: Option<RevalidateTicket>,
    ) -> Arc<Self> {
        Arc::new(Self {
            function,
            mode,
            taken: AtomicBool::new(false),
            ticket: Mutex::new(ticket.map(Box::new)),
        })
    }
}

impl ContextRef<'_> {
    /// The mode of a call of `function` in `cache`, if there is one. One for this call alone is used
    /// up.
    pub(crate) fn mode(self, function: Option<&'static Function>, cache: &Cache) -> Option<Mode> {
        self.find_mode(function, cache, Calls::Loading)
    }

    pub(super) fn find_mode(
        self,
        function: Option<&'static Function>,
        cache: &Cache,
        calls: Calls,
    ) -> Option<Mode> {
        let context = self.0?;
        let once = context.once.as_ref().filter(|once| {
            function.is_some_and(|function| std::ptr::eq(function, once.function))
                && !once.taken.swap(true, Ordering::Relaxed)
        });
        once.map(|once| once.mode).or_else(|| {
            let mut inside_out = context.modes.iter().rev();
            inside_out
                .find(|scoped| {
                    scoped.cache.is(cache) && (scoped.calls == Calls::All || scoped.calls == calls)
                })
                .map(|scoped| scoped.mode)
        })
    }
}

impl ContextRef<'_> {
    /// The ticket of a call that loads as one says.
    pub(crate) fn ticket(self) -> Option<Box<RevalidateTicket>> {
        let once = self.0?.once.as_ref()?;
        let mut ticket = once.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        ticket.take()
    }
}
