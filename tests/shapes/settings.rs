//! The arguments of the attribute.

use std::time::Duration;

use cached_core::cached;

use super::{Runs, check, check_in_its_cache, check_miss, check_uncached};

const HOUR: Duration = Duration::from_secs(3600);

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

fn until_midnight(value: u32) -> Duration {
    Duration::from_secs(u64::from(value) + 1)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what `cache_if` takes")]
fn is_even(value: &u32) -> bool {
    value.is_multiple_of(2)
}

macro_rules! with {
    ($n:ident: $($name:ident($($arguments:tt)*))*) => {$(
        #[cached($($arguments)*)]
        async fn $name($n: u32) -> u32 {
            Runs::add();
            $n
        }
    )*};
}

with! {
    n:
    number(ttl = 300)
    arithmetic(ttl = 60 * (2 + 3))
    text(ttl = "1h30m")
    constant(ttl = HOUR)
    path(ttl = std::time::Duration::from_millis(1500))
    call(ttl = minutes(5))
    decided(ttl = |value| until_midnight(*value))
    typed(ttl = |value: &u32| if *value > 1 { HOUR } else { minutes(1) })
    variable(ttl = "5m", ttl_env = "SHAPES_TTL")
    shared(jitter = "10%", version = 2, id = "shapes-shared")
    function(cache_if = is_even)
    closure(cache_if = |value| *value > 10)
    renamed(crate = ::cached_core, companions = other_name)
    trailing(ttl = 5,)
    everything(ttl = HOUR, ttl_env = "SHAPES_TTL", prefix = "all:{n}", key = (n, 1), version = 3, id = "all", cache_if = |_| true, jitter = "0.5%", cache = cache(), crate = ::cached_core)
}

fn cache() -> cached_core::Cache {
    static CACHE: std::sync::OnceLock<cached_core::Cache> = std::sync::OnceLock::new();
    CACHE
        .get_or_init(|| cached_core::Cache::in_memory().unwrap())
        .clone()
}

mod facade {
    pub(super) mod inner {
        pub(crate) use cached_core::{__private, Key, cached};
    }
}

#[facade::inner::cached(crate = facade::inner)]
async fn through_a_facade(n: u32, #[cfg(not(any()))] m: u32) -> u32 {
    Runs::add();
    n + m
}

#[tokio::test]
async fn functions_are_cached_with_each_of_them() {
    check(|| number(1)).await;
    check(|| arithmetic(1)).await;
    check(|| text(1)).await;
    check(|| constant(1)).await;
    check(|| path(1)).await;
    check(|| call(1)).await;
    check(|| decided(1)).await;
    check(|| typed(1)).await;
    check(|| variable(1)).await;
    check(|| shared(1)).await;
    check(|| renamed(1)).await;
    check(|| trailing(1)).await;
    check(|| through_a_facade(1, 2)).await;
    assert_eq!(other_name::key(1), other_name::key(1));
}

#[tokio::test]
async fn the_cache_can_be_any_expression() {
    check_in_its_cache(|| everything(1)).await;
}

#[tokio::test]
async fn cache_if_decides_what_is_stored() {
    check(|| function(2)).await;
    check_uncached(|| function(1)).await;
    check(|| closure(11)).await;
    check_uncached(|| closure(10)).await;
    check_miss(|| number(1), || number(2)).await;
}
