//! One function per event. The only file that names `tracing`.
//!
//! Field names are part of the interface: `function` is the annotated function's path (`by key`
//! for calls by key), `store` is `redis` or `memory`. Keys, arguments and values appear in none.

use std::time::Duration;

use tracing::{Level, Span, debug_span, event};

use crate::{
    error::{Class, Error},
    format::json::Unstorable,
    key::{function::Function, registry::Named},
};

const TARGET: &str = "cached_core";

/// Emits the same event at one of two levels: `tracing` wants each level as a constant.
macro_rules! event_at {
    (if $condition:expr => $level:expr, else $other:expr, $($event:tt)+) => {
        if $condition {
            event!(target: TARGET, $level, $($event)+);
        } else {
            event!(target: TARGET, $other, $($event)+);
        }
    };
}

fn function_name(function: Option<&'static Function>) -> &'static str {
    function.map_or("by key", Function::name)
}

/// The kind of a store, as events and statistics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Memory,
    Redis,
}

impl StoreKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
        }
    }
}

#[inline]
pub(crate) fn hit(function: Option<&'static Function>, store: StoreKind) {
    event!(target: TARGET, Level::TRACE, function = function_name(function), store = store.name(), "hit");
}

pub(crate) fn miss(function: Option<&'static Function>, store: StoreKind) {
    event!(target: TARGET, Level::DEBUG, function = function_name(function), store = store.name(), "miss");
}

pub(crate) fn stale(function: Option<&'static Function>, store: StoreKind) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(), "stale: past its ttl, and loaded anew"
    );
}

pub(crate) fn stale_if_error(function: Option<&'static Function>, store: StoreKind) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(), "stale: past its ttl, in place of an error"
    );
}

/// Emitted once a load. The error is a value of the function, and shown to nobody.
pub(crate) fn load_failed(function: Option<&'static Function>) {
    event!(
        target: TARGET, Level::WARN, function = function_name(function),
        "the body returned an error: the value past its ttl is kept"
    );
}

/// Emitted once a function.
pub(crate) fn refresh_skipped(function: Option<&'static Function>) {
    event!(
        target: TARGET, Level::WARN, function = function_name(function),
        "a value past its ttl was not loaded anew: too many others are"
    );
}

/// Emitted once a function.
pub(crate) fn crowded(function: Option<&'static Function>) {
    event!(
        target: TARGET, Level::WARN, function = function_name(function),
        "too many calls wait for other calls' loads: the body runs at once"
    );
}

pub(crate) fn shared(function: Option<&'static Function>) {
    event!(target: TARGET, Level::DEBUG, function = function_name(function), "shared another call's load");
}

/// The span `load` around a body.
pub(crate) struct LoadSpan(Span);

pub(crate) fn load_span(function: Option<&'static Function>) -> LoadSpan {
    LoadSpan(debug_span!(target: TARGET, "load", function = function_name(function)))
}

impl LoadSpan {
    /// Calls `poll`, which polls the body, inside the span.
    pub(crate) fn within(&self, poll: &mut dyn FnMut()) {
        self.0.in_scope(poll);
    }
}

pub(crate) fn loaded(function: Option<&'static Function>, took: Duration) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), milliseconds = took.as_secs_f64() * 1e3, "load"
    );
}

pub(crate) fn stored(
    function: Option<&'static Function>,
    store: StoreKind,
    bytes: usize,
    ttl: Duration,
) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(), bytes, ttl_seconds = ttl.as_secs_f64(), "store"
    );
}

pub(crate) fn read_failed(function: Option<&'static Function>, store: StoreKind, error: &Error) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(), %error, "read failed: the body runs instead"
    );
}

pub(crate) fn store_failed(function: Option<&'static Function>, store: StoreKind, error: &Error) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(), %error, "store failed: the value is returned, not kept"
    );
}

pub(crate) fn store_skipped(function: Option<&'static Function>, store: StoreKind) {
    event!(
        target: TARGET, Level::WARN,
        function = function_name(function), store = store.name(),
        "store skipped: too many writes to a slow store are under way"
    );
}

/// Reports no fault: the loaded value is older than what is there, or than an invalidation.
pub(crate) fn store_rejected(function: Option<&'static Function>, store: StoreKind) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(),
        "store rejected: something was invalidated or stored since the load began"
    );
}

pub(crate) fn invalidated(store: StoreKind, targets: usize, applied: bool) {
    event!(target: TARGET, Level::DEBUG, store = store.name(), targets, applied, "invalidate");
}

pub(crate) fn foreign(function: Option<&'static Function>, store: StoreKind) {
    event!(
        target: TARGET, Level::WARN,
        function = function_name(function), store = store.name(),
        "something that is no entry lies at this key: the value is returned, not kept"
    );
}

/// Emitted once for each invalidation that nobody waits for any more; in an outage that is no news.
pub(crate) fn postponed(error: &Error, in_outage: bool) {
    event_at!(
        if in_outage => Level::DEBUG, else Level::WARN, %error,
        "invalidation postponed: it holds in this process, and is sent until the store confirms it"
    );
}

pub(crate) fn caught_up(targets: u64) {
    event!(target: TARGET, Level::INFO, targets, "the store has caught up with what was postponed");
}

pub(crate) fn journal_overflowed() {
    event!(
        target: TARGET, Level::WARN,
        "too many invalidations are postponed: the whole namespace is invalidated in their place"
    );
}

pub(crate) fn uninvalidated(error: &Error) {
    event!(
        target: TARGET, Level::WARN, %error,
        "an argument could not be encoded: nothing is cached by it, and nothing invalidated"
    );
}

/// Warns of an invalidation that reaches no cached function. A template holds no argument, so it may be shown.
pub(crate) fn unmatched(named: &Named) {
    let Named {
        template, module, ..
    } = named;
    if named.is_tag {
        event!(
            target: TARGET, Level::WARN, tag = template, module,
            "an invalidation reaches no cached function of this program: none has such a tag"
        );
    } else {
        event!(
            target: TARGET, Level::WARN, pattern = template, module,
            "an invalidation reaches no cached function of this program: no key of one begins so"
        );
    }
}

pub(crate) fn twins(function: &'static Function) {
    event!(
        target: TARGET, Level::WARN, function = function.name(),
        "two cached functions cannot be told apart and share their entries: give each an `id`"
    );
}

pub(crate) fn undecodable(function: Option<&'static Function>, store: StoreKind) {
    event!(
        target: TARGET, Level::DEBUG,
        function = function_name(function), store = store.name(), "an entry could not be read: treated as a miss"
    );
}

/// Emitted once a function: `why` does not change from call to call.
pub(crate) fn unstorable(function: Option<&'static Function>, why: &Unstorable) {
    event!(
        target: TARGET, Level::WARN,
        function = function_name(function), %why, "value not stored: every call runs the body"
    );
}

pub(crate) fn unkeyable(function: Option<&'static Function>) {
    event!(
        target: TARGET, Level::WARN,
        function = function_name(function), "an argument could not be encoded: the call runs uncached"
    );
}

pub(crate) fn follower_gave_up(function: Option<&'static Function>, waited: Duration) {
    event!(
        target: TARGET, Level::WARN,
        function = function_name(function), waited_seconds = waited.as_secs_f64(),
        "waited too long for another call's load: loading alone"
    );
}

/// Lowered to `debug` in an outage: each probe connects, and [`breaker_closed`] tells when one has found Redis.
pub(crate) fn connected(version: &str, in_outage: bool) {
    event_at!(if in_outage => Level::DEBUG, else Level::INFO, version, "connected to Redis");
}

pub(crate) fn lane_lost(error: &Error) {
    event!(target: TARGET, Level::DEBUG, %error, "connection to Redis lost: the next call replaces it");
}

/// Emitted as an error where somebody has to act, and as a warning where it may pass.
pub(crate) fn breaker_opened(error: &Error) {
    event_at!(
        if error.class() == Class::Permanent => Level::ERROR, else Level::WARN, %error, breaker = "open",
        "Redis is not asked any more until a look in the background finds it"
    );
}

pub(crate) fn breaker_closed(away: Duration) {
    event!(
        target: TARGET, Level::INFO, breaker = "closed", away_seconds = away.as_secs_f64(),
        "Redis is back"
    );
}

/// Emitted once until Redis takes a write again.
pub(crate) fn store_full(error: &Error) {
    event!(target: TARGET, Level::WARN, %error, "Redis takes no writes: nothing new is cached");
}

pub(crate) fn store_has_room() {
    event!(target: TARGET, Level::INFO, "Redis takes writes again");
}

/// Emitted once: it happens at every call.
pub(crate) fn command_refused(error: &Error) {
    event!(target: TARGET, Level::ERROR, %error, "Redis refuses a command that the cache needs");
}

pub(crate) fn uncached(error: &Error) {
    event!(
        target: TARGET, Level::ERROR, %error,
        "no cache is installed and none could be made from the environment: functions run uncached"
    );
}
