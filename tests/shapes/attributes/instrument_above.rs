//! `#[instrument]` above: the span holds the look-up, hits too.

use cached_core::{cached, invalidates};
use tracing::instrument;

use crate::{Runs, check, check_invalidates, check_miss};

#[instrument(skip(n), fields(number = n))]
#[cached(prefix = "double:{n}")]
async fn double(n: u32, more: &str) -> Result<u32, String> {
    Runs::add();
    Ok(n * 2 + u32::try_from(more.len()).unwrap())
}

struct Numbers(u32);

impl Numbers {
    #[instrument(skip_all, err, ret)]
    #[cached(prefix = "number:{self.0}")]
    async fn next(&self, n: u32) -> Result<u32, String> {
        Runs::add();
        Ok(self.0 + n)
    }

    #[instrument(skip(self))]
    #[invalidates("number:{self.0}", "double:{n}")]
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
