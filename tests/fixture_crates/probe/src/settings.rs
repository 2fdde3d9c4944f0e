//! The arguments of the attribute.

use ::cached_core::{Cache, cached};
use ::core::time::Duration;

crate::taken::take_names!();

const HOUR: Duration = Duration::from_secs(3600);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what `cache_if` takes")]
const fn is_even(value: &u32) -> bool {
    value.is_multiple_of(2)
}

/// All that can be said of a function.
#[cached(
    ttl = HOUR,
    ttl_env = "PROBE_TTL",
    prefix = "all:{n}",
    tags = ["n:{n}"],
    key = (n, 1),
    version = 3,
    id = "probe-all",
    cache_if = is_even,
    jitter = "0.5%",
    cache = Cache::current(),
    crate = ::cached_core,
    companions = all
)]
pub async fn everything(n: u32) -> u32 {
    n + 1
}

/// A result that decides for how long.
#[cached(ttl = |value| Duration::from_secs(u64::from(*value) + 1), cache_if = |value| *value > 1)]
pub async fn decided(n: u32) -> u32 {
    n + 1
}

/// Called again behind a stale answer, with arguments of its own.
#[cached(ttl = 5, stale_while_revalidate = "1h", stale_if_error = 60 * 60)]
pub async fn again(
    id: u64,
    name: &str,
    list: &[u8],
    #[cached(skip)] note: ::std::string::String,
) -> ::core::result::Result<usize, ::std::string::String> {
    ::core::future::ready(()).await;
    if id == 0 {
        return ::core::result::Result::Err(note);
    }
    ::core::result::Result::Ok(name.len() + list.len())
}
