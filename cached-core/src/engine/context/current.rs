//! The cache of a task: the scoped one, the installed one, or the one that the environment describes.

use std::sync::OnceLock;

use super::{Context, ContextRef, with_context};
use crate::{
    config::env,
    engine::Cache,
    error::{Error, ErrorKind},
    telemetry::event,
};

/// The cache of the process.
static INSTALLED: OnceLock<Cache> = OnceLock::new();

/// Shows the cache of this task to `visit`: the scoped one, the installed one, or the one that the
/// environment describes, which is made now and stays.
pub(crate) fn with_current_cache<T>(visit: impl Fn(&Cache, ContextRef<'_>) -> T) -> T {
    let visit = |context: Option<&Context>| {
        let scoped = context.and_then(|inside| inside.cache.as_ref());
        let cache = scoped.unwrap_or_else(|| INSTALLED.get_or_init(cache_from_environment));
        visit(cache, ContextRef(context))
    };
    with_context(visit).unwrap_or_else(|| visit(None))
}

/// Shows `chosen`, or the cache of this task, to `visit`, if the context changes nothing of what calls do, and this is
/// not the first call of a process that has installed no cache.
///
/// Without the types of the call, so that a hit in memory moves no value through here.
#[inline]
pub(crate) fn with_cache_if_plain(
    chosen: Option<&Cache>,
    visit: impl FnOnce(&Cache) -> bool,
) -> bool {
    let found = with_context(|context| {
        if context.is_some_and(|context| !context.is_plain()) {
            return false;
        }
        let scoped = || context.and_then(|context| context.cache.as_ref());
        let cache = chosen.or_else(scoped).or_else(|| INSTALLED.get());
        cache.is_some_and(visit)
    });
    found.unwrap_or(false)
}

/// The cache of this task.
pub(crate) fn current_cache() -> Cache {
    with_current_cache(|cache, _| cache.clone())
}

fn cache_from_environment() -> Cache {
    let cache = env::apply_ttls()
        .and_then(|()| env::config())
        .and_then(Cache::with_config);
    cache.unwrap_or_else(|error| {
        event::uncached(&error);
        Cache::unusable(error)
    })
}

/// Makes `cache` the cache of the process.
pub(crate) fn install_cache(cache: &Cache) -> Result<(), Error> {
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
