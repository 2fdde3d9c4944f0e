//! The items that an expansion may call. They are not for use by hand, and may change with every release.

use std::{pin::Pin, time::Duration};

pub use inventory;

use crate::{
    coherence::outcome::Invalidated,
    config::LONGEST_TTL,
    engine::{Cache, context},
    error::Error,
    key::Key,
};

pub use crate::call::invalidates::{Invalidation, Prepared};
pub use crate::call::load::Load;
pub use crate::call::owned_args::{in_background, kept, moved};
pub use crate::call::revalidate::{Again, FoundStale, Stale};
pub use crate::call::{Found, refresh, uncached};
pub use crate::codec::Codec;
pub use crate::codec::returns::{Ended, Returns, Success};
pub use crate::key::argument::{Argument, known, push_surroundings, push_type, push_type_of};
pub use crate::key::function::Function;
pub use crate::key::registry::{Named, Registered};

/// Declares the static of an annotated function: its name, then calls of [`Function`]'s builder.
#[macro_export]
#[doc(hidden)]
macro_rules! __function {
    ($name:literal $($setting:tt)*) => {{
        struct __Place;
        static __CACHED: $crate::__private::Function = $crate::__private::Function::new(
            ::core::concat!(::core::module_path!(), "::", $name),
            ::core::any::type_name::<__Place>,
        )
        $($setting)*;
        $crate::__private::inventory::submit! { $crate::__private::Registered(&__CACHED) }
        &__CACHED
    }};
}

/// Makes the codec of a return type; the part of it that is stored is settled by type.
///
/// The macro is expanded at its call, because the compiler may blame any part of the chain. A type cannot tell whether
/// an error is borrowed: if that is written out, the second form does not ask.
#[macro_export]
#[doc(hidden)]
macro_rules! __codec {
    ($returns:ty) => {
        $crate::__private::Returns::<$returns>::NEW
            .__result()
            .__option()
            .__codec($crate::__private::Returns::<$returns>::NEW.__fails())
    };
    ($returns:ty, borrowed) => {
        $crate::__private::Returns::<$returns>::NEW
            .__result()
            .__option()
            .__codec_of_borrowed($crate::__private::Returns::<$returns>::NEW.__fails())
    };
}

/// Answers a call from the cache by a `return`, or evaluates to the load that it needs; `__stale` stands for a value
/// past its ttl.
#[macro_export]
#[doc(hidden)]
macro_rules! __load {
    ($codec:ident, $key:ident $(, $(#[$allowed:meta])? $stale:ident => $answer:expr)?) => {{
        if let ::core::option::Option::Some(__value) = $codec.hit(&$key) {
            return __value;
        }
        $crate::__private::load!(@ $codec.find(&mut $key) $(, $codec.find_stale(&mut $key), $(#[$allowed])? $stale => $answer)?)
    }};
    ($codec:ident, $key:ident, in $cache:expr $(, $(#[$allowed:meta])? $stale:ident => $answer:expr)?) => {
        $crate::__private::load!(@
            $codec.find_in($cache, &mut $key)
            $(, $codec.find_stale_in($cache, &mut $key), $(#[$allowed])? $stale => $answer)?
        )
    };
    (@ $find:expr) => {
        match $find.await {
            $crate::__private::Found::Hit(__value) => return __value,
            $crate::__private::Found::Miss(__load) => __load,
        }
    };
    (@ $_:expr, $find:expr, $(#[$allowed:meta])? $stale:ident => $answer:expr) => {
        match $find.await {
            $crate::__private::FoundStale::Hit(__value) => return __value,
            $(#[$allowed])?
            $crate::__private::FoundStale::Stale($stale) => return $answer,
            $crate::__private::FoundStale::Miss(__load) => __load,
        }
    };
}

pub use crate::{__codec as codec, __function as function, __load as load, __named as named};

/// The traits that settle things by type. Imported as a whole, they bring no name into the caller's scope.
pub mod by_type {
    pub use crate::codec::returns::{
        PlainEnd as _, PlainError as _, PlainFails as _, PlainOption as _, PlainResult as _,
        ReportedEnd as _,
    };
    pub use crate::key::argument::{PlainArgument as _, SetArgument as _};
}

/// Checks the time that a constant expression gives, while it is compiled.
///
/// # Panics
///
/// In the compiler, on the caller's expression.
#[must_use]
#[track_caller]
pub const fn checked(time: Duration) -> Duration {
    assert!(
        !time.is_zero(),
        "the time is zero, so nothing would ever be kept: write a longer one"
    );
    assert!(
        time.as_secs() <= LONGEST_TTL.as_secs(),
        "the time is longer than a thousand years"
    );
    time
}

/// Returns the cache that `cache = …` names: the parameter gives the expression its type.
#[must_use]
pub const fn chosen(cache: &Cache) -> &Cache {
    cache
}

/// Returns `true` if a body ended as `on = …` wants it.
#[must_use]
pub fn asked<R>(returned: &R, wanted: fn(&R) -> bool) -> bool {
    wanted(returned)
}

/// The outcome of the companion `invalidate`, a function generated beside an annotated one.
pub type Done = Result<Invalidated, Error>;

/// The companion `invalidate` under way, of one type for all functions.
pub type Invalidating = Pin<Box<dyn Future<Output = Done> + Send>>;

/// Runs the companion `invalidate`: invalidates one call, in the cache of the task that awaits it.
#[must_use]
pub fn invalidated(key: Key) -> Invalidating {
    Box::pin(async { context::current_cache().invalidate(key).await })
}

/// Invalidates one call in `cache`, as [`invalidated`] does.
#[must_use]
pub fn invalidated_in(cache: &Cache, key: Key) -> Invalidating {
    let cache = cache.clone();
    Box::pin(async move { cache.invalidate(key).await })
}

/// Calls `make`, whose future may hold what `make` took.
pub fn made<R>(make: impl FnOnce() -> R) -> R {
    make()
}

/// Gives a body its return type without ever running.
///
/// # Panics
///
/// Always; the expansion calls it where no execution comes by.
#[must_use]
pub fn never<R>() -> R {
    unreachable!("the expansion calls this in a branch that is never taken")
}
