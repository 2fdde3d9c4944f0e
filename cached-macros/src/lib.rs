//! The attributes of `cached-core`, which re-exports them: depend on that crate instead.

mod args;
mod documentation;
mod duration;
mod expand;
mod fallback;
mod item;
mod mistakes;
mod model;
mod pattern;
mod template;
mod tokens;

#[cfg(test)]
mod golden;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::item::Item;
use crate::mistakes::Mistakes;
use crate::model::CachedFn;

/// Keeps what an async function or method returned, and returns it again for equal arguments.
///
/// On a hit the body does not run. On a miss it runs once for all who wait for it in this process, and
/// its result is stored. Whatever the cache does, the caller gets a value that the body gave: an
/// unreachable or full store is a miss, never an error. Without an installed cache the first call makes
/// one from the environment.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] struct Profile { name: String }
/// # #[derive(Debug)] struct DbError;
/// # struct Db;
/// # impl Db { async fn load(&self, id: u64) -> Result<Profile, DbError> { Ok(Profile { name: format!("user {id}") }) } }
/// use cached_core::{Cache, cached};
///
/// #[cached(ttl = "1h", prefix = "user:{id}:profile")]
/// async fn profile(id: u64, #[cached(skip)] db: &Db) -> Result<Profile, DbError> {
///     db.load(id).await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let db = Db;
/// Cache::in_memory()?.scope(async {
///     let loaded = profile(42, &db).await.unwrap();
///     // The same call again: no query.
///     assert_eq!(profile(42, &db).await.unwrap(), loaded);
///     // Without a query in any case.
///     assert_eq!(profile::peek(42).await.unwrap().unwrap(), loaded);
/// }).await;
/// # Ok::<(), cached_core::Error>(())
/// # }).unwrap();
/// ```
///
/// # What is stored
///
/// `Result<T, E>` and `Option<T>` store `T`, also behind an alias and one inside the other; everything
/// else is stored as it is. `T` needs `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`.
/// Fields that serde skips are lost on a hit from Redis, and what JSON cannot carry back (NaN, maps with other than
/// string-like keys) is returned but not stored. Errors and `None` are not stored unless the attribute
/// says so. If the error is `Clone + Send + Sync + 'static`, callers who wait for a body that fails share
/// its error; else each of them runs its own.
///
/// # What is part of the key
///
/// The function with its module, the types and constants it is generic over, `version`, and every
/// argument that is not skipped, as serde shows it: what serde hides (`skip_serializing`, untagged
/// variants) is not in the key, and `key = …` is the way to add it. A pattern such as `Id(id): Id` gives
/// what it binds; a parameter without a name gives nothing. Maps, and sets that are a parameter of
/// their own, are the same in any order. `self` is not part of the key: name its fields in `prefix`.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `ttl` | how long a result is kept: `300` or `60 * 5` (seconds), `"90s"`, `"1h30m"` (units `ms s m h d w`), a constant expression of type `Duration`, or a closure <code>\|value: &T\| Duration</code>. Absent: the cache's default |
/// | `ttl_env = "NAME"` | an environment variable, in seconds or like `"5m"`, that overrides `ttl`; read when a cache is installed |
/// | `prefix = "user:{id}"` | the readable part of the key, in segments between colons; `{arg}`, `{arg.field}` and `{self.field}` are filled in, `{{` is a brace. Absent: crate, module and function |
/// | `skip(a, b)` | not part of the key; or `#[cached(skip)]` before the parameter |
/// | `key = expr` | takes the place of the arguments in the key; an expression of them, not a literal |
/// | `version = 2` | raise it when the meaning of the value changes |
/// | `id = "name"` | takes the place of module and name, so that the function can move |
/// | <code>cache_if = \|value: &T\| bool</code> | store only if true |
/// | `cache_none = "30s"` | store `None` as well, for this long |
/// | `cache_err = "5s"` | store `Err` as well, for this long; `E` needs what `T` needs |
/// | `jitter = "10%"` | a random share taken off the ttl |
/// | `cache = expr` | which `Cache`. Absent: the one in scope, else the installed one |
/// | `crate = path` | where `cached_core` is, if not at `::cached_core` |
/// | `companions = off` | no companions; any other name: companions of that name |
///
/// Closures see the stored value alone. `ttl` and constants are checked by the compiler.
///
/// # Companions
///
/// Beside `profile` stand, with its visibility:
///
/// - `profile::key(42)`: the key of a call, for what a `Cache` does by key;
/// - `profile::peek(42).await`: what a call would return now without running the body;
/// - `profile::refresh(42, &db).await`: runs the body, stores, returns;
/// - `profile::uncached(42, &db).await`: runs the body and touches no cache.
///
/// Skipped parameters are left out of the first two. They are functions of a hidden type `profile`, so a
/// module or type of that name needs `companions = off` or another name. A method's companions are
/// methods: `self.profile_key(42)` and so on.
///
/// # Limits
///
/// Free functions, and methods with `self` in any form in an `impl` of a type; a hit skips what the body
/// would do to a `&mut self`. Companions of a function without `self` have no place in an `impl`, and
/// those of any function none in the `impl` of a trait. The attribute cannot see where it stands, so the
/// compiler's message is about a struct that is not supported there, or a method that is not a member of
/// the trait: with `companions = off` these functions work.
///
/// ```
/// # use cached_core::cached;
/// struct Prices;
///
/// impl Prices {
///     #[cached(ttl = "1m", companions = off)]
///     async fn of(item: u64) -> u64 {
///         item * 3
///     }
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let cache = cached_core::Cache::in_memory().unwrap();
/// # cache.scope(async { assert_eq!(Prices::of(2).await, Prices::of(2).await) }).await;
/// # assert_eq!(cache.stats().total.loads, 1);
/// # });
/// ```
///
/// `const`, `unsafe` and variadic functions, `-> impl Trait`, and functions that return a future without
/// being `async`, as `#[async_trait]` makes them, are refused.
#[proc_macro_attribute]
pub fn cached(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand_cached(&arguments.into(), &item.into()).into()
}

fn expand_cached(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = Args::parse(arguments.clone(), &mut mistakes);
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            mistakes.add(error);
            return fallback::other(tokens, mistakes);
        }
    };
    if mistakes.is_empty() {
        let runtime = args.runtime();
        let attribute = item::again(&runtime, arguments);
        if let Some(both) = item.split_at_condition(&attribute) {
            return both;
        }
    }
    match CachedFn::check(args, item.clone(), &mut mistakes) {
        Some(function) => expand::cached(&function),
        None => fallback::annotated(item, mistakes),
    }
}
