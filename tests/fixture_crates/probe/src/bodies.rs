//! Bodies of functions.

use ::cached_core::cached;

crate::taken::take_names!();

/// Nothing but a loop.
#[cached]
pub async fn counted(until: u32) -> u32 {
    let mut number = 0;
    'all: loop {
        for _ in 0..3 {
            number += 1;
            if number >= until {
                break 'all number;
            }
        }
    }
}

/// Reaches itself.
#[cached]
pub async fn factorial(n: u64) -> u64 {
    if n < 2 {
        1
    } else {
        n * ::std::boxed::Box::pin(factorial(n - 1)).await
    }
}

/// Items in the body.
#[cached]
pub async fn items(n: u32) -> u32 {
    const STEP: u32 = 1;
    const fn items(n: u32) -> u32 {
        n + STEP
    }
    items(n)
}

/// Waits.
#[cached]
pub async fn waits(n: u32) -> u32 {
    ::core::future::ready(()).await;
    let more = async move { n };
    more.await + 1
}

/// Says what it is for.
#[cached]
#[must_use]
#[inline]
pub async fn hinted(n: u32) -> u32 {
    n + 1
}

/// Of a time before.
#[cached]
#[deprecated = "old"]
pub async fn outdated(n: u32) -> u32 {
    n + 1
}

macro_rules! made {
    ($(#[$attribute:meta])* $name:ident($parameter:ident: $ty:ty) -> $output:ty $body:block, $prefix:literal) => {
        $(#[$attribute])*
        #[cached(ttl = 60 * 5, prefix = $prefix, key = $parameter + 1)]
        pub async fn $name($parameter: $ty) -> $output $body
    };
}

made! {
    /// Made by a macro: see [`waits`].
    made(number: u32) -> ::core::option::Option<u32> { number.checked_add(1) }, "made:{number}"
}
