//! What surrounds and fills a function.

use std::num::ParseIntError;

use cached_core::cached;

use super::{Runs, check, check_uncached};

#[cached]
async fn early(number: &str) -> Result<u64, ParseIntError> {
    Runs::add();
    if number.is_empty() {
        return Ok(0);
    }
    let number: u32 = number.parse()?;
    Ok(number.into())
}

#[cached]
async fn infers(count: usize) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    Runs::add();
    let mut list = Vec::new();
    for _ in 0..count {
        list.push(Default::default());
    }
    if list.len() > 10 {
        Err("too long")?;
    }
    if list.len() == 10 {
        return Err(Box::new(std::fmt::Error));
    }
    Ok(list)
}

#[cached]
async fn loops(until: u32) -> u32 {
    Runs::add();
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

#[cached]
async fn factorial(n: u64) -> u64 {
    Runs::add();
    if n < 2 {
        1
    } else {
        n * Box::pin(factorial(n - 1)).await
    }
}

#[cached]
async fn even(n: u64) -> bool {
    Runs::add();
    n == 0 || Box::pin(odd(n - 1)).await
}

#[cached]
async fn odd(n: u64) -> bool {
    n != 0 && Box::pin(even(n - 1)).await
}

#[cached]
async fn inner_items(n: u32) -> u32 {
    const STEP: u32 = 1;
    fn inner_items(n: u32) -> u32 {
        n + STEP
    }
    Runs::add();
    let more = |m: u32| async move { m + n };
    more(inner_items(n)).await
}

#[cached]
async fn nothing(n: u32) {
    Runs::add();
    let _ = n;
}

#[cached]
async fn empty(n: u32) {}

#[cached]
#[must_use]
#[inline]
async fn attributes(n: u32) -> u32 {
    #![allow(clippy::let_and_return)]
    let run = Runs::add() + n;
    run
}

#[cached]
#[deprecated = "old"]
async fn outdated(n: u32) -> u32 {
    Runs::add() + n
}

#[cached]
#[cfg(any())]
async fn absent(n: Absent) -> Absent {
    n
}

macro_rules! function {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($parameter:ident: $ty:ty) -> $output:ty { $value:expr }, $ttl:expr, $prefix:literal) => {
        $(#[$attribute])*
        #[cached(ttl = $ttl, prefix = $prefix, key = $parameter + 1)]
        $visibility async fn $name($parameter: $ty) -> $output {
            Runs::add();
            $value
        }
    };
}

function! {
    /// Made by a macro.
    pub(crate) fn made(number: u32) -> Result<u32, ()> { Ok(number) }, 60 * 5, "made:{number}"
}

mod inside {
    use super::{Runs, cached};

    /// Documented.
    #[cached(prefix = "a:{n}", ttl = "1h")]
    pub(in crate::functions) async fn scoped(n: u32) -> u32 {
        Runs::add() + n
    }

    #[cached]
    pub(super) async fn above(n: u32) -> u32 {
        Runs::add() + n
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| early("12")).await;
    check(|| early("")).await;
    check(|| loops(7)).await;
    check(|| nothing(1)).await;
    check(|| attributes(1)).await;
    check(|| inner_items(1)).await;
    check(|| made(1)).await;
    check(|| inside::scoped(1)).await;
    check(|| inside::above(1)).await;
    check(async || infers(3).await.unwrap()).await;
    empty(1).await;
    #[allow(deprecated)]
    check(|| outdated(1)).await;
    assert!(made::key(41).to_string().starts_with("made:41:"));
}

#[tokio::test]
async fn errors_are_not_stored() {
    check_uncached(|| early("x")).await;
    check_uncached(|| infers(10)).await;
}

#[tokio::test]
async fn recursion_reuses_what_it_computed() {
    super::in_cache(async {
        assert_eq!(factorial(5).await, 120);
        let before = Runs::count();
        assert_eq!(factorial(6).await, 720);
        assert_eq!(Runs::count() - before, 1);
        assert!(even(10).await);
    })
    .await;
}

#[tokio::test]
async fn future_can_be_spawned() {
    assert_eq!(tokio::spawn(made(5)).await.unwrap(), Ok(5));
    assert_eq!(tokio::spawn(made::uncached(5)).await.unwrap(), Ok(5));
    assert_eq!(tokio::spawn(factorial(4)).await.unwrap(), 24);
    let error = tokio::spawn(async { early("x").await }).await.unwrap();
    assert!(error.is_err());
}

#[tokio::test]
async fn functions_in_functions() {
    #[cached]
    async fn local(n: u32) -> u32 {
        Runs::add() + n
    }
    check(|| local(1)).await;
    assert_ne!(local::key(1), local::key(2));
}
