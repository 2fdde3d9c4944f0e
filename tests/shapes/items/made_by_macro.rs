//! Functions and methods that `macro_rules!` makes, with names of its own and of its caller.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

macro_rules! function {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($parameter:ident: $ty:ty) -> $output:ty $body:block, $ttl:expr, $prefix:literal) => {
        $(#[$attribute])*
        #[cached(ttl = $ttl, prefix = $prefix, key = $parameter + 1)]
        $visibility async fn $name($parameter: $ty) -> $output $body
    };
}

function! {
    /// Documented.
    pub(crate) fn made(number: u32) -> Result<u32, ()> { Runs::add(); Ok(number) }, 60 * 5, "made:{number}"
}

macro_rules! change {
    ($name:ident($parameter:ident: $ty:ty) => $pattern:literal, $call:expr) => {
        #[invalidates($pattern, $call, tags = ["made:{ret}"])]
        async fn $name($parameter: $ty) -> $ty {
            $parameter
        }
    };
}

change!(change(number: u32) => "made:{number}:*", crossed(1, number));

/// Two parameters of one name, of the macro and of its caller.
macro_rules! with_hygiene {
    ($name:ident, $outer:ident) => {
        #[cached_core::cached(prefix = "crossed:{id}")]
        async fn $name($outer: u32, id: u32) -> u32 {
            Runs::add();
            $outer * 10 + id
        }
    };
}

with_hygiene!(crossed, id);

macro_rules! underscored {
    ($name:ident, $change:ident, $parameter:ident, $pattern:pat) => {
        #[cached(prefix = "underscored", stale_while_revalidate = "1m")]
        async fn $name($parameter: u32, $pattern: u32) -> u32 {
            Runs::add()
        }

        #[invalidates("underscored:{_id}", $name($parameter, 1))]
        async fn $change($parameter: u32) {}
    };
}

underscored!(underscored, change_underscored, _id, _other);

macro_rules! methods {
    ($owner:ident: $($name:ident -> $output:ty, $factor:literal;)*) => {
        impl $owner {$(
            #[cached(prefix = "made:{self.0}")]
            async fn $name(&self, count: u32) -> $output {
                Runs::add();
                Ok(self.0 * count * $factor)
            }
        )*}
    };
}

struct Item(u32);

methods!(Item: once -> Result<u32, ()>, 1; twice -> Result<u32, ()>, 2;);

#[tokio::test]
async fn equal_calls_hit() {
    check(|| made(1)).await;
    check(|| crossed(1, 2)).await;
    check(|| underscored(1, 2)).await;
    check(async || Item(1).twice(2).await).await;
    assert!(made::key(41).to_string().starts_with("made:41:"));
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| made(1), || made(2)).await;
    check_miss(|| crossed(1, 2), || crossed(2, 1)).await;
    check_miss(
        async || Item(1).once(2).await,
        async || Item(1).twice(2).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| made(1), change(1)).await;
    check_invalidates(|| underscored(1, 1), change_underscored(1)).await;
    check_invalidates(|| crossed(1, 2), change(2)).await;
}
