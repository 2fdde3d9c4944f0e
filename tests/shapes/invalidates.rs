//! Functions that invalidate.

mod ends;
mod signatures;
mod targets;
mod together;

use cached_core::cached;

use super::{Runs, check_invalidates, check_keeps, in_cache};

/// The function whose calls are invalidated here.
#[cached(ttl = "5m", prefix = "user:{id}:profile", tags = ["team:{team}"])]
async fn profile(id: u64, team: u32) -> u32 {
    Runs::add() + team
}

/// The profile that most of them mean.
async fn mine() -> u32 {
    profile(42, 7).await
}
