//! The attributes of `cached-core`, which re-exports them: depend on that crate instead.

mod block;
mod check;
mod diagnostics;
mod enclosing;
mod expand;
mod parse;
mod syntax;

#[cfg(test)]
mod golden;

use proc_macro2::TokenStream;

use crate::check::{CachedFn, InvalidatingFn, Within};
use crate::diagnostics::Mistakes;
use crate::expand::recovery;
use crate::parse::args::{Args, InvalidatesArgs};
use crate::parse::attribute::take_repeated;
use crate::parse::impl_block;
use crate::parse::item::{self, Item};

/// Keeps what an async function or method returned, and returns it again for equal arguments.
///
/// On a hit the body does not run. On a miss it runs once for all who wait for it in this process, and
/// its result is stored. Whatever the cache does, the caller gets a value that the body gave: an
/// unreachable or full store is a miss, and an error only if `on_outage` says so. Without an installed
/// cache the first call makes one from the environment.
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
/// else is stored as it is. What is deeper than one `Result` and one `Option` is part of the value: of an
/// `Option<Result<Option<T>, E>>`, `Some(Ok(None))` is stored. `T` needs
/// `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`.
/// Fields that serde skips are lost on a hit from Redis, and what JSON cannot carry back (NaN, maps with other than
/// string-like keys) is returned but not stored. Errors and `None` are not stored unless the attribute
/// says so. If the error is `Clone + Send + Sync + 'static`, callers who wait for a body that fails share
/// its error; else each of them runs its own.
///
/// # What is part of the key
///
/// The function with its module, the types and constants it is generic over (but not the type of a skipped
/// `impl Trait`), `version`, and every argument that is not skipped, as serde shows it: what serde hides (`skip_serializing`, untagged
/// variants) is not in the key, and `key = …` is the way to add it. What `prefix` and `tags` name is part of it
/// as well. A pattern such as `Id(id): Id` gives what it binds; a parameter without a name gives nothing.
/// Maps, and sets that are a parameter of their own, are the same in any order. `self` is not part of the
/// key: name its fields in `prefix`.
///
/// # What invalidates it
///
/// [`macro@invalidates`] on a function that writes, the companion `invalidate`, and `Cache::invalidate` with its
/// siblings. An entry can be reached by its call, by all of its function, by each beginning of its `prefix` in
/// whole segments (`user`, `user:42`, `user:42:profile`), by each of its `tags`, and with the whole namespace. Once
/// an invalidation is confirmed, no call that begins then returns a value whose load began before it, in any
/// process; a load that it overtakes gives its value to those who wait for it, and stores nothing.
///
/// ```
/// # use cached_core::{Cache, cached};
/// #[cached(ttl = "1h", prefix = "lesson:{id}", tags = ["course:{course}"])]
/// async fn lesson(course: u32, id: u64) -> String {
///     format!("lesson {id} of course {course}")
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// # let cache = Cache::in_memory()?;
/// # cache.scope(async {
/// # let cache = Cache::current();
/// lesson(7, 1).await;
/// lesson(7, 2).await;
/// assert!(cache.invalidate_tag("course:7").await?.is_applied()); // both lessons
/// assert_eq!(lesson::peek(7, 1).await, None);
/// # assert_eq!(lesson::peek(7, 2).await, None);
/// # Ok(())
/// # }).await
/// # }
/// ```
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `ttl` | how long a result is kept: `300` or `60 * 5` (seconds), `"90s"`, `"1h30m"` (units `ms s m h d w`), a constant expression of type `Duration`, or a closure <code>\|value: &T\| Duration</code>. Absent: the cache's default |
/// | `ttl_env = "NAME"` | an environment variable, in seconds or like `"5m"`, that overrides `ttl`; read when a cache is installed |
/// | `prefix = "user:{id}"` | the readable part of the key, in segments between colons; `{arg}`, `{arg.field}` and `{self.field}` are filled in, `{{` is a brace. Absent: crate, module and function |
/// | `tags = ["course:{course}"]` | more names by which [`macro@invalidates`] reaches the entry; written like `prefix`, and what they name is part of the key |
/// | `skip(a, b)` | not part of the key; or `#[cached(skip)]` before the parameter |
/// | `key = expr` | takes the place of the arguments in the key; an expression of them, not a literal |
/// | `version = 2` | raise it when the meaning of the value changes. While two versions run side by side, each has entries of its own: a call is invalidated in both where `prefix` names every argument; otherwise by a pattern, a tag or `profile(..)` |
/// | `id = "name"` | takes the place of module and name, so that the function can move; and tells functions of one name apart that stand in two blocks of one function (`install` warns of them) |
/// | <code>cache_if = \|value: &T\| bool</code> | store only if true |
/// | `cache_none = "30s"` | store `None` as well, for this long |
/// | `cache_err = "5s"` | store `Err` as well, for this long; `E` needs what `T` needs |
/// | `stale_if_error = "1h"` | for this long after the ttl, an old value takes the place of an `Err` |
/// | `stale_while_revalidate = "30s"` | for this long after the ttl, calls return the old value while one of them is repeated in the background |
/// | `jitter = "10%"` | a random share taken off the ttl, never off what follows it |
/// | `on_outage = "fail"` | while the store cannot be reached, calls return an error: `E` needs `From<cached_core::Error>`. Absent: what `Builder::outage` says |
/// | `cache = expr` | which `Cache`. Absent: the one in scope, else the installed one |
/// | `crate = path` | where `cached_core` is, if not at `::cached_core` |
/// | `companions = off` | no companions; any other name: companions of that name |
///
/// Closures see the stored value alone. `ttl` and constants are checked by the compiler.
///
/// # Past the ttl
///
/// With `stale_if_error` a value is kept longer than its `ttl`, and returned if the body fails: each caller gets what
/// its own look-up found, or the error if that was nothing. With `stale_while_revalidate` a call returns such a value
/// at once, and if nobody loads it yet, the function is called again in a task: in the same cache, with one body
/// per key at a time and a limit for all together. Both windows begin when the `ttl` ends, and an invalidation ends both
/// (RFC 5861).
///
/// The second call comes when the first may have returned, so it has arguments of its own: what is taken by
/// value moves, of `&T` a copy is kept (`T` is `Clone`, `str` or a slice), and so of `&self`. All of it, and the function's
/// future, must be `Send` and `'static`. `&mut`, and borrows inside another type, such as `Option<&str>`, are
/// refused: an `Arc` costs no copy.
///
/// ```
/// # use cached_core::{Cache, cached};
/// # use std::sync::Arc;
/// # struct Db;
/// # impl Db { async fn prices(&self, _: &str) -> Result<Vec<u32>, String> { Ok(vec![1]) } }
/// #[cached(ttl = "1m", stale_while_revalidate = "10m", stale_if_error = "1d", skip(db))]
/// async fn prices(shop: &str, db: Arc<Db>) -> Result<Vec<u32>, String> {
///     db.prices(shop).await
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let db = Arc::new(Db);
/// # Cache::in_memory().unwrap().scope(async {
/// # assert_eq!(prices("a", db.clone()).await, prices("a", db).await);
/// # }).await;
/// # });
/// ```
///
/// # Companions
///
/// Beside `profile` stand, with its visibility:
///
/// - `profile::key(42)`: the key of a call, for what a `Cache` does by key;
/// - `profile::peek(42).await`: what a call would return now without running the body;
/// - `profile::invalidate(42).await`: makes what is stored for a call unusable, and says whether the store has
///   confirmed it;
/// - `profile::refresh(42, &db).await`: runs the body, stores, returns;
/// - `profile::uncached(42, &db).await`: runs the body and touches no cache.
///
/// Skipped parameters are left out of the first three. They are functions of a hidden type `profile`, so beside a
/// module or type of that name, or an imported module or crate, the function needs `companions = off` or
/// `companions = profile_cache`. A method's companions are methods: `self.profile_key(42)` and so on.
///
/// # The attribute on an `impl`
///
/// Functions without `self`, and all functions of a trait, have companions where the attribute stands above
/// their `impl` as well: it gives them the place that they lack inside. There it says nothing, or `crate = path`, and what
/// is not annotated stays as it is written.
///
/// ```
/// # use cached_core::{Cache, cached, invalidates};
/// # struct Repo { tenant: u32 }
/// trait Users {
///     type Name;
///     async fn name(&self, id: u64) -> Option<Self::Name>;
///     async fn rename(&self, id: u64, name: &str);
/// }
///
/// #[cached]
/// impl Users for Repo {
///     type Name = String;
///
///     #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:{id}")]
///     async fn name(&self, id: u64) -> Option<Self::Name> {
///         Some(format!("user {id}"))
///     }
///
///     #[invalidates(self.name(id))]
///     async fn rename(&self, id: u64, name: &str) {}
/// }
///
/// #[cached]
/// impl Repo {
///     #[cached(ttl = "1d")]
///     async fn tenants(country: &str) -> Vec<u32> {
///         vec![7]
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// # let repo = Repo { tenant: 7 };
/// # Cache::in_memory()?.scope(async {
/// let name = repo.name(1).await;
/// assert_eq!(repo.name_peek(1).await, Some(name));
/// repo.rename(1, "Ada").await;
/// assert_eq!(repo.name_peek(1).await, None);
/// assert_eq!(Repo::tenants("fr").await, Repo::tenants_refresh("fr").await);
/// # Ok(())
/// # }).await
/// # }
/// ```
///
/// The companions of a trait's functions are public functions of the type, in an `impl` of their own; those
/// of two traits with a function of one name, or of one generic trait twice, need `companions = …` in one of them. A
/// companion hides a method of the same name that the block leaves to the trait: `repo.name_key(1)` is the companion
/// then, and `companions = …` the way out. What the block declares can be named as `Self::Name`; what it takes from another trait is `<Self as Other>::Name`. Parameters that the
/// type does not name, as in `impl<K> Get<K> for Repo`, are the companions' own: `repo.get_key::<u64>(1)`. With
/// `#[async_trait]` the two may stand in any order. The attributes inside are known by their names, `cached`
/// and `invalidates`, and expanded before others there.
///
/// # Functions that return a future
///
/// Instead of being `async`, a function may return `impl Future<Output = T>`, `Pin<Box<dyn Future<Output = T>>>`, or
/// a type whose name ends in `Future` or `Fut`, such as `BoxFuture<'_, T>`, which has to be an alias of the second:
/// `#[async_trait]` makes that too. The key is made when the function is called, and all else happens when its future is
/// polled, in the cache of the task that polls it.
///
/// If the body is one `async` block, boxed or not, it runs on a miss only. Of another body, what comes
/// before the future runs at each call, as it would without the attribute; on a hit the future is dropped unpolled.
///
/// ```
/// # use cached_core::cached;
/// # use std::sync::Arc;
/// # struct Db; impl Db { async fn price(&self, item: &str) -> u64 { item.len() as u64 } }
/// struct Shop {
///     db: Arc<Db>,
/// }
///
/// impl Shop {
///     #[cached(ttl = "1m", skip(self))]
///     fn price(&self, item: &str) -> impl Future<Output = u64> + Send + use<> {
///         let (db, item) = (Arc::clone(&self.db), item.to_owned());
///         async move { db.price(&item).await }
///     }
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let cache = cached_core::Cache::in_memory().unwrap();
/// # let shop = Shop { db: Arc::new(Db) };
/// # cache.scope(async { assert_eq!(shop.price("a").await, shop.price("a").await) }).await;
/// # assert_eq!(cache.stats().total.loads, 1);
/// # });
/// ```
///
/// # Limits
///
/// Free functions, and methods of all kinds; a hit skips what the body would do to a `&mut self`. Companions have
/// no place in a `trait`, nor beside an `impl` for what can have no functions of its own: any type at all
/// (`impl<T> Users for T`), references, tuples, a type of another crate. With `companions = off`
/// functions work there and everywhere, without `stale_while_revalidate`.
///
/// ```
/// # use cached_core::cached;
/// trait Price {
///     async fn price(&self) -> u64;
/// }
///
/// impl<T: AsRef<str>> Price for T {
///     #[cached(ttl = "1m", companions = off, key = self.as_ref())]
///     async fn price(&self) -> u64 {
///         self.as_ref().len() as u64
///     }
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let cache = cached_core::Cache::in_memory().unwrap();
/// # cache.scope(async { assert_eq!("a".price().await, "a".price().await) }).await;
/// # assert_eq!(cache.stats().total.loads, 1);
/// # });
/// ```
///
/// The future of a cached function is `Send` if it was without the attribute, but neither `Sync` nor `UnwindSafe`.
///
/// `const`, `unsafe` and variadic functions, and `-> impl Trait` other than a future, are refused.
///
/// # Shapes
///
/// All of these work, together too. Each is a module of `tests/shapes` in the repository, where a first call misses, an
/// equal one hits, and another one misses.
///
#[doc = include_str!("../docs/shapes.md")]
#[proc_macro_attribute]
pub fn cached(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand_cached(&arguments.into(), &item.into()).into()
}

/// Makes cached values unusable once an async function or method has changed what they came from.
///
/// ```
/// # use cached_core::{Cache, cached, invalidates};
/// # #[derive(Debug)] struct DbError;
/// # #[derive(Default)] struct Db(std::sync::Mutex<String>);
/// # impl Db {
/// #     async fn name(&self, _id: u64) -> Result<String, DbError> { Ok(self.0.lock().unwrap().clone()) }
/// #     async fn rename(&self, _id: u64, name: &str) -> Result<(), DbError> { *self.0.lock().unwrap() = name.to_owned(); Ok(()) }
/// # }
/// #[cached(ttl = "1h", prefix = "user:{id}:name")]
/// async fn name(id: u64, #[cached(skip)] db: &Db) -> Result<String, DbError> {
///     db.name(id).await
/// }
///
/// #[invalidates("user:{id}:*")]
/// async fn rename(id: u64, name: &str, db: &Db) -> Result<(), DbError> {
///     db.rename(id, name).await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let db = Db::default();
/// Cache::in_memory()?.scope(async {
///     name(42, &db).await.unwrap();
///     rename(42, "Ada", &db).await.unwrap();
///     // Not the name that was cached.
///     assert_eq!(name(42, &db).await.unwrap(), "Ada");
/// }).await;
/// # Ok::<(), cached_core::Error>(())
/// # }).unwrap();
/// ```
///
/// # What can be named
///
/// Any number of these, sent together, at a cost that does not depend on how many entries there are:
///
/// | written | reaches |
/// |---|---|
/// | `"user:{id}:*"`, `"user:{id}"` | every entry whose `prefix`, or key from text, begins with these whole segments |
/// | `"*"` | everything in the namespace |
/// | `tags = ["course:{course}"]` | every entry with the tag |
/// | `profile(id)`, `users::profile(id)` | one call of a cached function |
/// | `profile(..)` | all calls of a cached function, in all versions |
/// | `self.find(id)`, `Users::find(users, id)` | one call of a cached method |
/// | `self.find(..)`, `Users::find(..)` | all calls of a cached method, whatever its `self` |
///
/// In patterns and tags `{id}`, `{user.id}` and `{self.tenant}` are filled in from the parameters, `{ret}`
/// and `{ret.id}` from what the function returned: the value itself, inside `Ok` and `Some`. They are
/// escaped like those of a `prefix`, so that no argument reaches beyond its segment. Text that two keys
/// share in the middle is not a beginning: give such entries a tag.
///
/// A typed call takes the arguments of the companion `key`: those of the function without the skipped
/// ones, checked by the compiler. If the function's prefix names every argument, the call is reached in all
/// versions of the function, with whatever key goes on below that prefix. A name alone, as `id`, is cloned before the body; other expressions are
/// evaluated before it as they are written, so `user.name` may need `.clone()`. A path whose last name but
/// one begins with a capital letter, as in `Users::find`, is taken for a method. `(..)` means all calls,
/// whatever the types that the function or its `impl` is generic over. Where the attribute says
/// `companions = profile_cache`, that is the name to call; with `companions = off` there is none. A function with
/// a `cache = …` of its own is reached if the same `cache = …` stands here.
///
/// # When
///
/// After the body, and only if it did not return an `Err`; `None` is a success. The caller gets its answer
/// when the invalidation is confirmed or its deadline has passed: then it is sent again behind the answer,
/// and holds in this process meanwhile. It never fails the call.
///
/// All that does not name `ret` is also applied if the caller drops the future while the body runs, or the
/// body panics: nobody knows what it has changed until then, and an invalidation too many costs one load. A
/// future that was never polled changes nothing.
///
/// Inside `Cache::after`, an invalidation waits for the end of the transaction around it.
///
/// ```
/// # use cached_core::{Cache, cached, invalidates};
/// # #[derive(Clone)] struct Lesson { id: u64, course: u32 }
/// # #[cached(prefix = "lesson:{id}", tags = ["course:{course}"])] async fn lesson(id: u64, course: u32) -> u64 { id }
/// /// Tells by its result which course is affected, and whether one is.
/// #[invalidates("lesson:{id}:*", tags = ["course:{ret.course}"], on = |ret| ret.is_some())]
/// async fn delete(id: u64) -> Option<Lesson> {
///     (id > 0).then_some(Lesson { id, course: 7 })
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # Cache::in_memory()?.scope(async {
/// lesson(1, 7).await;
/// delete(0).await;
/// assert!(lesson::peek(1, 7).await.is_some());
/// delete(2).await; // of the same course
/// assert!(lesson::peek(1, 7).await.is_none());
/// # }).await;
/// # Ok::<(), cached_core::Error>(())
/// # }).unwrap();
/// ```
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `"pattern"`, `function(…)` | what is invalidated, as above |
/// | `tags = ["course:{course}"]` | tags, filled in like patterns |
/// | `on = "ok"` | not if the body returned an `Err`. This is what happens without `on` |
/// | `on = "always"` | whatever the body returned |
/// | <code>on = \|ret: &R\| bool</code> | if true of the declared return type `R`; the closure sees nothing else |
/// | `cache = expr` | which `Cache`. Absent: the one in scope, else the installed one |
/// | `crate = path` | where `cached_core` is, if not at `::cached_core` |
///
/// A second `#[invalidates(…)]` on the function has an `on` of its own. With [`macro@cached`] on the same
/// function, in either order, a call invalidates if its body ran: a hit changed nothing. `#[cached]` knows it
/// by its name: if it is imported as something else it goes above, or hits invalidate as well.
///
/// # Limits
///
/// Free functions, and methods of all kinds: without `self`, in the `impl` of a trait and with a body in the
/// trait itself, `async` or [returning a future](macro@cached#functions-that-return-a-future). What a function does
/// before it returns its future is not covered if that is never polled. Functions that never return are refused.
///
/// The future is `Send` if the function's was and what it gives in success is: an error is handed out before
/// anything is sent. With `on = "always"` or a closure, the error has to be `Send` as well.
///
/// Entries that a function reads inside its body are from before its end, and are invalidated with the rest.
#[proc_macro_attribute]
pub fn invalidates(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand_invalidates(&arguments.into(), &item.into()).into()
}

fn expand_cached(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    if impl_block::is_done(arguments) {
        return tokens.clone();
    }
    if impl_block::is_block(tokens) {
        return block::expand(arguments, tokens);
    }
    let mut mistakes = Mistakes::default();
    let args = Args::parse(arguments.clone(), &mut mistakes);
    let item = match Item::parse("cached", tokens.clone()) {
        Ok(mut item) => {
            take_repeated(&mut item.attributes, &mut mistakes);
            item
        }
        Err(error) => {
            mistakes.add(error);
            return recovery::other(tokens, mistakes);
        }
    };
    let attribute = item::again(&args.runtime(), "cached", arguments);
    if let Some(moved) = item.below_invalidates(&attribute) {
        return moved;
    }
    // Which of the two is there tells its mistakes.
    if !args.is_unclear
        && let Some(both) = item.split_at_condition(&attribute)
    {
        return both;
    }
    match CachedFn::check(args, item, Within::Unseen, &mut mistakes) {
        Ok(function) => expand::cached(&function),
        Err(unfinished) => recovery::annotated(&unfinished, mistakes),
    }
}

fn expand_invalidates(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    if impl_block::is_done(arguments) {
        return tokens.clone();
    }
    let mut mistakes = Mistakes::default();
    let args = InvalidatesArgs::parse(arguments.clone(), &mut mistakes);
    let item = match Item::parse("invalidates", tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            mistakes.add(error);
            return recovery::other(tokens, mistakes);
        }
    };
    if mistakes.is_empty() {
        let attribute = item::again(&args.runtime(), "invalidates", arguments);
        if let Some(both) = item.split_at_condition(&attribute) {
            return both;
        }
    }
    match InvalidatingFn::check(args, item, &mut mistakes) {
        Some(function) => expand::invalidates(&function),
        None => recovery::other(tokens, mistakes),
    }
}
