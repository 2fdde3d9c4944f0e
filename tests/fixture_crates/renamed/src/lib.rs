//! Knows cached-core as `cache`.
//!
//! `count` stands for what a function does when it runs.

use cache::{cached, invalidates};

/// Twice `n`.
#[cached(ttl = "5m", prefix = "double:{n}", crate = cache, stale_while_revalidate = "1h")]
pub async fn double(n: u32, #[cached(skip)] count: fn() -> u32) -> Result<u32, cache::Error> {
    count();
    Ok(n.wrapping_mul(2))
}

/// Changes what [`double`] gives.
#[invalidates("double:{n}", double(n), crate = ::cache)]
pub async fn change(n: u32) {}

/// Half of `n`.
#[cached(crate = cache, on_outage = "fail")]
pub fn half(
    n: u32,
    #[cached(skip)] count: fn() -> u32,
) -> impl Future<Output = Result<u32, cache::Error>> + Send {
    async move {
        count();
        Ok(n / 2)
    }
}
