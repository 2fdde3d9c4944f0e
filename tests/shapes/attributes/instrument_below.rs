//! `#[instrument]` below: the span holds the load alone.

use cached_core::{cached, invalidates};
use tracing::instrument;

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "double:{n}")]
#[instrument(skip(n), fields(number = n))]
async fn double(n: u32, more: &str) -> Result<u32, String> {
    Runs::add();
    Ok(n * 2 + u32::try_from(more.len()).unwrap())
}

struct Numbers(u32);

impl Numbers {
    #[cached(prefix = "number:{self.0}")]
    #[instrument(skip_all, err, ret)]
    async fn next(&self, n: u32) -> Result<u32, String> {
        Runs::add();
        Ok(self.0 + n)
    }

    #[invalidates("number:{self.0}", "double:{n}")]
    #[instrument(skip(self))]
    async fn change(&self, n: u32) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| double(1, "a")).await;
    check(async || Numbers(1).next(2).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(1, "a"), || double(2, "a")).await;
    check_miss(
        async || Numbers(1).next(2).await,
        async || Numbers(1).next(3).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| double(1, "a"), Numbers(1).change(1)).await;
    check_invalidates(async || Numbers(1).next(2).await, Numbers(1).change(1)).await;
}
