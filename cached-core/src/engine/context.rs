//! The context of a task: its cache, the modes of its calls, and what observes or defers them.
//!
//! Everything that a caller puts around a future is one task-local [`Context`], so that a call
//! reads one place.

use std::{cell::RefCell, sync::Arc};

use crate::{
    engine::{Cache, invalidate::Deferred, ticket::RevalidateTicket},
    key::function::Function,
    single_flight::Flight,
    telemetry::observer::Observer,
};

mod current;
mod mode;
mod within;

pub(crate) use current::{current_cache, install_cache, with_cache_if_plain, with_current_cache};
pub(crate) use mode::{Calls, Mode};
use mode::{Once, ScopedMode};
pub(crate) use within::Within;
use within::within;

thread_local! {
    /// The context of the task that this thread polls. Tokio's task-local would cost a hit in memory twice the
    /// instructions.
    static CONTEXT: RefCell<Option<Arc<Context>>> = const { RefCell::new(None) };
}

/// Shows the context of this task to `visit`.
#[inline]
fn with_context<T>(visit: impl FnOnce(Option<&Context>) -> T) -> Option<T> {
    CONTEXT
        .try_with(|context| {
            let current = context.borrow();
            if current.is_none() {
                // What visits may run the user's code, which may open a scope.
                drop(current);
                return visit(None);
            }
            visit(current.as_deref())
        })
        .ok()
}

/// The context of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    cache: Option<Cache>,
    /// The modes of calls, the innermost last.
    modes: Vec<ScopedMode>,
    once: Option<Arc<Once>>,
    /// The loads that this call is part of: it must not wait for any of them.
    loading: Vec<Arc<Flight>>,
    /// The `after`s that collect invalidations, the innermost last.
    deferring: Vec<Deferred>,
    observer: Option<Observer>,
}

/// A copy of the context of this task.
fn copy_context() -> Context {
    with_context(|context| context.cloned().unwrap_or_default()).unwrap_or_default()
}

/// The change that a future makes to its context.
enum Change {
    Cache(Cache),
    Mode(ScopedMode),
    Once(Arc<Once>),
    /// A mode for one call in a task of its own, and the cache there, if there is one.
    Detached(Arc<Once>, Option<Cache>),
    Deferring(Deferred),
    Observed(Observer),
    /// The whole context, as it was elsewhere.
    All(Context),
}

impl Context {
    /// Returns `true` if the context changes nothing of what calls do, but for their cache.
    #[inline]
    fn is_plain(&self) -> bool {
        self.once.is_none() && self.modes.is_empty() && self.observer.is_none()
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Cache(cache) => self.cache = Some(cache),
            Change::Mode(mode) => self.modes.push(mode),
            Change::Once(once) => self.once = Some(once),
            Change::Detached(once, cache) => {
                self.cache = cache;
                self.once = Some(once);
            }
            Change::Deferring(deferred) => self.deferring.push(deferred),
            Change::Observed(observer) => self.observer = Some(observer),
            Change::All(context) => *self = context,
        }
    }
}

/// The context of a future while it is polled.
pub(crate) struct EnteredContext(Arc<Context>);

impl EnteredContext {
    /// Runs `poll` inside this context.
    pub(crate) fn poll_inside(&self, poll: &mut dyn FnMut()) {
        let _guard = ContextGuard::enter(&self.0);
        poll();
    }
}

/// The context of a task before, which is put back when this is dropped: also if the poll panics.
struct ContextGuard(Option<Arc<Context>>);

impl ContextGuard {
    fn enter(inside: &Arc<Context>) -> Self {
        Self(replace_context(Some(Arc::clone(inside))))
    }
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        replace_context(self.0.take());
    }
}

/// Replaces the context of this thread, and returns the one before: none on a thread that ends.
fn replace_context(context: Option<Arc<Context>>) -> Option<Arc<Context>> {
    CONTEXT
        .try_with(|current| current.replace(context))
        .unwrap_or_default()
}

/// Runs `future` so that everything inside uses `cache`, unless it names another.
pub(crate) fn with_cache<F: Future>(cache: Cache, future: F) -> Within<F> {
    within(Change::Cache(cache), future)
}

/// Runs `future` so that these calls inside use `cache` in `mode`.
pub(crate) fn with_mode<F: Future>(cache: Cache, mode: Mode, calls: Calls, future: F) -> Within<F> {
    within(Change::Mode(ScopedMode { cache, mode, calls }), future)
}

/// Runs `call` so that the next call of `function` inside is in `mode`.
pub(crate) fn with_mode_once<F: Future>(
    function: &'static Function,
    mode: Mode,
    call: F,
) -> Within<F> {
    within(Change::Once(Once::new(function, mode, None)), call)
}

/// Runs `call`, in a task of its own, so that the next call of `function` inside loads as `ticket` says; everything
/// inside uses `cache`, if there is one.
pub(crate) fn with_ticket<F: Future>(
    function: &'static Function,
    ticket: RevalidateTicket,
    cache: Option<Cache>,
    call: F,
) -> Within<F> {
    let once = Once::new(function, Mode::Revalidate, Some(ticket));
    within(Change::Detached(once, cache), call)
}

/// Runs `future` so that invalidations inside wait for its end.
pub(crate) fn with_deferred<F: Future>(deferred: Deferred, future: F) -> Within<F> {
    within(Change::Deferring(deferred), future)
}

impl Observer {
    /// Runs `future` so that this sees what is inside; an observer around it does not.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let entered = self.enter();
        let future = within(Change::Observed(self.clone()), future);
        async move {
            let _entered = entered;
            future.await
        }
    }
}

/// Runs `future` in the context of this call: for a task of its own.
///
/// A task that is spawned inherits neither [`scope`](Cache::scope), [`bypass`](Cache::bypass) and
/// [`refresh`](Cache::refresh), nor an [`Observer`], nor an [`after`](Cache::after); inside this it has them all. An
/// `after` that has ended when the task invalidates something counts no more: that is then done at once.
///
/// # Examples
///
/// ```
/// # use cached_core::{Cache, cached, in_current_scope};
/// # #[cached(ttl = "1h")]
/// # async fn square(number: u64) -> u64 { number * number }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cache = Cache::in_memory()?;
/// cache.scope(async {
///     tokio::spawn(in_current_scope(async { square(12).await })).await
/// }).await?;
/// assert_eq!(cache.stats().total.loads, 1);
/// # Ok(())
/// # }
/// ```
pub fn in_current_scope<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    let mut context = copy_context();
    // A mode for one call is meant for the caller's own next one.
    context.once = None;
    within(Change::All(context), future)
}

/// The context of the body that `flight` waits for. A mode or observer that was meant for this call alone ends here.
pub(crate) fn enter_load(flight: Option<Arc<Flight>>) -> EnteredContext {
    let mut context = copy_context();
    context.once = None;
    context.observer = None;
    context.loading.extend(flight);
    EnteredContext(Arc::new(context))
}

/// The cache of the innermost scope.
pub(crate) fn scoped_cache() -> Option<Cache> {
    with_context(|context| context?.cache.clone()).flatten()
}

/// The innermost `after` that collects the invalidations of `cache` here, if there is one.
pub(crate) fn find_deferred(cache: &Cache) -> Option<Deferred> {
    let innermost = |context: Option<&Context>| {
        let mut inside_out = context?.deferring.iter().rev();
        inside_out.find(|deferred| deferred.is_for(cache)).cloned()
    };
    with_context(innermost).flatten()
}

/// Returns `true` if the current call is part of the load that `flight` waits for.
pub(crate) fn is_loading(flight: &Arc<Flight>) -> bool {
    let is_inside = |context: &Context| {
        let mut loads = context.loading.iter();
        loads.any(|loading| Arc::ptr_eq(loading, flight))
    };
    with_context(|context| context.is_some_and(is_inside)).unwrap_or(false)
}

/// The context of a call, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextRef<'a>(Option<&'a Context>);

impl<'a> ContextRef<'a> {
    /// The observer of the calls made here.
    pub(crate) fn observer(self) -> Option<&'a Observer> {
        self.0?.observer.as_ref()
    }
}

/// Shows the context of this task to `visit`.
pub(crate) fn with_task_context<T>(visit: impl Fn(ContextRef<'_>) -> T) -> T {
    with_context(|context| visit(ContextRef(context))).unwrap_or_else(|| visit(ContextRef(None)))
}

/// The observer of the calls made here.
pub(crate) fn current_observer() -> Option<Observer> {
    with_task_context(|context| context.observer().cloned())
}

/// The mode of calls by key in `cache`, if there is one.
pub(crate) fn mode_by_key(function: Option<&'static Function>, cache: &Cache) -> Option<Mode> {
    with_task_context(|context| context.find_mode(function, cache, Calls::All))
}
