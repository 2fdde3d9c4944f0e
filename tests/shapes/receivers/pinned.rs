//! `self: Pin<&mut Self>` and `self: Pin<&Self>`.

use std::pin::{Pin, pin};

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Stream(u32);

impl Stream {
    #[cached(prefix = "stream:{self.0}")]
    async fn next(mut self: Pin<&mut Self>, step: u32) -> u32 {
        Runs::add();
        self.0 += step;
        self.0
    }

    #[cached(prefix = "at:{self.0}")]
    async fn at(self: Pin<&Self>) -> u32 {
        Runs::add();
        self.0
    }

    #[invalidates("stream:{self.0}", "at:{self.0}")]
    async fn reset(self: Pin<&mut Self>) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || pin!(Stream(1)).next(2).await).await;
    check(async || pin!(Stream(1)).as_ref().at().await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || pin!(Stream(1)).next(2).await,
        async || pin!(Stream(2)).next(1).await,
    )
    .await;
    check_miss(
        async || pin!(Stream(1)).next(2).await,
        async || pin!(Stream(1)).next(3).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(
        async || pin!(Stream(1)).next(2).await,
        pin!(Stream(1)).reset(),
    )
    .await;
    check_invalidates(
        async || pin!(Stream(1)).as_ref().at().await,
        pin!(Stream(1)).reset(),
    )
    .await;
}
