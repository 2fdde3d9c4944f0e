//! Which cache a task uses, and what it does with it.
//!
//! Everything that a caller puts around a future is one task-local [`Context`], so that a call
//! looks at one place.

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

pub(crate) use current::{current, install, with_current, with_usual};
pub(crate) use mode::{Calls, Mode};
use mode::{Once, ScopedMode};
pub(crate) use within::Within;
use within::within;

thread_local! {
    /// Of the task that this thread polls. Not Tokio's task-local, which takes a hit in memory twice the instructions.
    static CONTEXT: RefCell<Option<Arc<Context>>> = const { RefCell::new(None) };
}

/// Shows what is around this task to `look`.
#[inline]
fn with_context<T>(look: impl FnOnce(Option<&Context>) -> T) -> Option<T> {
    CONTEXT
        .try_with(|context| {
            let around = context.borrow();
            if around.is_none() {
                // What looks may run code of the user's, which may open a scope.
                drop(around);
                return look(None);
            }
            look(around.as_deref())
        })
        .ok()
}

/// What is around a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    cache: Option<Cache>,
    /// What to do with a cache, the innermost last.
    modes: Vec<ScopedMode>,
    once: Option<Arc<Once>>,
    /// The loads that this call is part of: it must not wait for one of them.
    loading: Vec<Arc<Flight>>,
    /// What gathers the invalidations of a cache, the innermost last.
    collecting: Vec<Deferred>,
    observer: Option<Observer>,
}

fn around() -> Context {
    with_context(|context| context.cloned().unwrap_or_default()).unwrap_or_default()
}

/// What a future changes of what is around it.
enum Change {
    Cache(Cache),
    Mode(ScopedMode),
    Once(Arc<Once>),
    /// In a task of its own: also the cache, if there is one.
    Behind(Arc<Once>, Option<Cache>),
    Collecting(Deferred),
    Observed(Observer),
    /// Everything, to what it was elsewhere.
    All(Context),
}

impl Context {
    /// Whether calls do what they do where nothing is around them but a cache.
    #[inline]
    fn is_usual(&self) -> bool {
        self.once.is_none() && self.modes.is_empty() && self.observer.is_none()
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Cache(cache) => self.cache = Some(cache),
            Change::Mode(way) => self.modes.push(way),
            Change::Once(once) => self.once = Some(once),
            Change::Behind(once, cache) => {
                self.cache = cache;
                self.once = Some(once);
            }
            Change::Collecting(collected) => self.collecting.push(collected),
            Change::Observed(observer) => self.observer = Some(observer),
            Change::All(context) => *self = context,
        }
    }
}

/// What is around a future while it is polled.
pub(crate) struct EnteredContext(Arc<Context>);

impl EnteredContext {
    /// Has the future polled by `poll`.
    pub(crate) fn within(&self, poll: &mut dyn FnMut()) {
        let _outside = ContextGuard::enter(&self.0);
        poll();
    }
}

/// What was around a task before, and is again when this is dropped: also if its poll panics.
struct ContextGuard(Option<Arc<Context>>);

impl ContextGuard {
    fn enter(inside: &Arc<Context>) -> Self {
        Self(exchange(Some(Arc::clone(inside))))
    }
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        exchange(self.0.take());
    }
}

/// Nothing is around a thread that ends.
fn exchange(context: Option<Arc<Context>>) -> Option<Arc<Context>> {
    CONTEXT
        .try_with(|place| place.replace(context))
        .unwrap_or_default()
}

/// Everything inside `future` uses `cache`, unless it names another.
pub(crate) fn with_cache<F: Future>(cache: Cache, future: F) -> Within<F> {
    within(Change::Cache(cache), future)
}

/// These calls inside `future` treat `cache` so.
pub(crate) fn with_mode<F: Future>(cache: Cache, mode: Mode, of: Calls, future: F) -> Within<F> {
    within(Change::Mode(ScopedMode { cache, mode, of }), future)
}

/// The next call of `function` inside `call` does so.
pub(crate) fn once<F: Future>(function: &'static Function, mode: Mode, call: F) -> Within<F> {
    within(Change::Once(Once::new(function, mode, None)), call)
}

/// In a task of its own: the next call of `function` inside `call` loads as `ticket` says; everything inside
/// uses `cache`, if there is one.
pub(crate) fn revalidating<F: Future>(
    function: &'static Function,
    ticket: RevalidateTicket,
    cache: Option<Cache>,
    call: F,
) -> Within<F> {
    let once = Once::new(function, Mode::Revalidate, Some(ticket));
    within(Change::Behind(once, cache), call)
}

/// Invalidations inside `future` wait for its end.
pub(crate) fn collecting<F: Future>(collected: Deferred, future: F) -> Within<F> {
    within(Change::Collecting(collected), future)
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

/// Runs `future` with everything that is around this call: for a task of its own.
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
    let mut context = around();
    // Meant for the caller's next call.
    context.once = None;
    within(Change::All(context), future)
}

/// What is around the body that `flight` waits for. What was meant for this call alone ends here.
pub(crate) fn loading(flight: Option<Arc<Flight>>) -> EnteredContext {
    let mut context = around();
    context.once = None;
    context.observer = None;
    context.loading.extend(flight);
    EnteredContext(Arc::new(context))
}

/// The cache of the innermost scope.
pub(crate) fn scoped() -> Option<Cache> {
    with_context(|context| context?.cache.clone()).flatten()
}

/// What gathers the invalidations of `cache` here, if anything does.
pub(crate) fn collected(cache: &Cache) -> Option<Deferred> {
    let innermost = |context: Option<&Context>| {
        let mut inside_out = context?.collecting.iter().rev();
        inside_out
            .find(|collected| collected.is_for(cache))
            .cloned()
    };
    with_context(innermost).flatten()
}

/// Whether the current call is part of the load that `flight` waits for.
pub(crate) fn is_loading(flight: &Arc<Flight>) -> bool {
    let is_inside = |context: &Context| {
        let mut loads = context.loading.iter();
        loads.any(|loading| Arc::ptr_eq(loading, flight))
    };
    with_context(|context| context.is_some_and(is_inside)).unwrap_or(false)
}

/// What a call finds around itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextRef<'a>(Option<&'a Context>);

impl<'a> ContextRef<'a> {
    /// Who sees the calls made here.
    pub(crate) fn observer(self) -> Option<&'a Observer> {
        self.0?.observer.as_ref()
    }
}

/// Shows what is around this task to `look`.
pub(crate) fn with_task_context<T>(look: impl Fn(ContextRef<'_>) -> T) -> T {
    with_context(|context| look(ContextRef(context))).unwrap_or_else(|| look(ContextRef(None)))
}

/// Who sees the calls made here.
pub(crate) fn observer() -> Option<Observer> {
    with_task_context(|around| around.observer().cloned())
}

/// The mode of calls by key in `cache`, if there is one.
pub(crate) fn mode(function: Option<&'static Function>, cache: &Cache) -> Option<Mode> {
    with_task_context(|context| context.mode_of(function, cache, Calls::All))
}
