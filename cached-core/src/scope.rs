//! Which cache a task uses, and what it does with it.
//!
//! Everything that a caller puts around a future is one task-local [`Context`], so that a call
//! looks at one place.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    Cache, Error, ErrorKind, cache::Collected, environment, event, flight::Flight,
    function::Function, stale::Ticket,
};

tokio::task_local! {
    static CONTEXT: Arc<Context>;
}

static INSTALLED: OnceLock<Cache> = OnceLock::new();

/// What is around a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    cache: Option<Cache>,
    /// What to do with a cache, the innermost last.
    modes: Vec<(Cache, Mode)>,
    once: Option<Arc<Once>>,
    /// The loads that this call is part of: it must not wait for one of them.
    loading: Vec<Arc<Flight>>,
    /// What gathers the invalidations of a cache, the innermost last.
    collecting: Vec<Collected>,
}

/// What calls do with a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Neither read nor store.
    Bypass,
    /// Load and store, whatever is there.
    Refresh,
    /// Load as the ticket says.
    Revalidate,
}

/// A mode for the next call of one function only, whatever its cache.
#[derive(Debug)]
struct Once {
    function: &'static Function,
    mode: Mode,
    taken: AtomicBool,
    ticket: Mutex<Option<Box<Ticket>>>,
}

impl Once {
    fn new(function: &'static Function, mode: Mode, ticket: Option<Ticket>) -> Arc<Self> {
        Arc::new(Self {
            function,
            mode,
            taken: AtomicBool::new(false),
            ticket: Mutex::new(ticket.map(Box::new)),
        })
    }
}

fn around() -> Context {
    CONTEXT
        .try_with(|context| Context::clone(context))
        .unwrap_or_default()
}

/// Runs `future` inside what is around it when it is first polled, changed by `change`: futures are
/// often built outside what they then run in.
async fn within<F: Future>(change: impl FnOnce(&mut Context), future: F) -> F::Output {
    let mut context = around();
    change(&mut context);
    // Pinned, not moved again: a large future lies here once.
    CONTEXT.scope(Arc::new(context), pin!(future)).await
}

/// Everything inside `future` uses `cache`, unless it names another.
pub(crate) fn with_cache<F: Future>(cache: Cache, future: F) -> impl Future<Output = F::Output> {
    within(|context| context.cache = Some(cache), future)
}

/// Everything inside `future` treats `cache` so.
pub(crate) fn with_mode<F: Future>(
    cache: Cache,
    mode: Mode,
    future: F,
) -> impl Future<Output = F::Output> {
    within(move |context| context.modes.push((cache, mode)), future)
}

/// The next call of `function` inside `call` does so.
pub(crate) fn once<F: Future>(
    function: &'static Function,
    mode: Mode,
    call: F,
) -> impl Future<Output = F::Output> {
    let once = Once::new(function, mode, None);
    within(move |context| context.once = Some(once), call)
}

/// In a task of its own: the next call of `function` inside `call` loads as `ticket` says; everything inside
/// uses `cache`, if there is one.
pub(crate) fn revalidating<F: Future>(
    function: &'static Function,
    ticket: Ticket,
    cache: Option<Cache>,
    call: F,
) -> impl Future<Output = F::Output> {
    let once = Once::new(function, Mode::Revalidate, Some(ticket));
    let change = |context: &mut Context| {
        context.cache = cache;
        context.once = Some(once);
    };
    within(change, call)
}

/// The cache of the innermost scope.
pub(crate) fn scoped() -> Option<Cache> {
    CONTEXT
        .try_with(|context| context.cache.clone())
        .ok()
        .flatten()
}

/// The body that `flight` waits for. What was meant for this call alone ends here.
pub(crate) fn loading<F: Future>(
    flight: Option<Arc<Flight>>,
    body: F,
) -> impl Future<Output = F::Output> {
    let change = |context: &mut Context| {
        context.once = None;
        context.loading.extend(flight);
    };
    within(change, body)
}

/// Invalidations inside `future` wait for its end.
pub(crate) fn collecting<F: Future>(
    collected: Collected,
    future: F,
) -> impl Future<Output = F::Output> {
    within(|context| context.collecting.push(collected), future)
}

/// What gathers the invalidations of `cache` here, if anything does.
pub(crate) fn collected(cache: &Cache) -> Option<Collected> {
    let innermost = |context: &Arc<Context>| {
        let mut inside_out = context.collecting.iter().rev();
        inside_out
            .find(|collected| collected.is_for(cache))
            .cloned()
    };
    CONTEXT.try_with(innermost).ok().flatten()
}

/// Whether the current call is part of the load that `flight` waits for.
pub(crate) fn is_loading(flight: &Arc<Flight>) -> bool {
    CONTEXT
        .try_with(|context| {
            context
                .loading
                .iter()
                .any(|loading| Arc::ptr_eq(loading, flight))
        })
        .unwrap_or(false)
}

/// What a call finds around itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a>(Option<&'a Context>);

impl Surroundings<'_> {
    /// The mode of a call of `function` in `cache`, if there is one. One for this call alone is used
    /// up.
    pub(crate) fn mode(self, function: Option<&'static Function>, cache: &Cache) -> Option<Mode> {
        let context = self.0?;
        let once = context.once.as_ref().filter(|once| {
            function.is_some_and(|function| std::ptr::eq(function, once.function))
                && !once.taken.swap(true, Ordering::Relaxed)
        });
        once.map(|once| once.mode).or_else(|| {
            let mut inside_out = context.modes.iter().rev();
            inside_out
                .find(|(of, _)| of.is(cache))
                .map(|(_, mode)| *mode)
        })
    }
}

impl Surroundings<'_> {
    /// The ticket of a call that loads as one says.
    pub(crate) fn ticket(self) -> Option<Box<Ticket>> {
        let once = self.0?.once.as_ref()?;
        let mut ticket = once.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        ticket.take()
    }
}

/// Shows what is around this task to `look`.
pub(crate) fn with_surroundings<T>(look: impl Fn(Surroundings<'_>) -> T) -> T {
    CONTEXT
        .try_with(|context| look(Surroundings(Some(context))))
        .unwrap_or_else(|_| look(Surroundings(None)))
}

/// Shows the cache of this task to `look`: the scoped one, the installed one, or the one that the
/// environment describes, which is made now and stays.
pub(crate) fn with_current<T>(look: impl Fn(&Cache, Surroundings<'_>) -> T) -> T {
    with_surroundings(|surroundings| {
        let scoped = surroundings.0.and_then(|context| context.cache.as_ref());
        match scoped {
            Some(cache) => look(cache, surroundings),
            None => look(INSTALLED.get_or_init(from_environment), surroundings),
        }
    })
}

/// The mode of calls by key in `cache`, if there is one.
pub(crate) fn mode(function: Option<&'static Function>, cache: &Cache) -> Option<Mode> {
    with_surroundings(|surroundings| surroundings.mode(function, cache))
}

fn from_environment() -> Cache {
    let cache = environment::apply_ttls().and_then(|()| Cache::from_env());
    cache.unwrap_or_else(|error| {
        event::uncached(&error);
        Cache::unusable(error)
    })
}

/// Makes `cache` the one of the process.
pub(crate) fn install(cache: &Cache) -> Result<(), Error> {
    let installed = INSTALLED.get_or_init(|| cache.clone());
    if installed.is(cache) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Installed,
        "another cache is in use by this process: install once, and before the first cached call, \
         which otherwise makes a cache from the environment",
    ))
}
