//! `&mut self`: a hit changes nothing.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Counter(u32);

impl Counter {
    #[cached(key = self.0)]
    async fn next(&mut self) -> u32 {
        Runs::add();
        self.0 += 1;
        self.0
    }

    #[invalidates(self.next())]
    async fn reset(&mut self) -> &u32 {
        self.0 = 0;
        &self.0
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || Counter(1).next().await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || Counter(1).next().await,
        async || Counter(2).next().await,
    )
    .await;
}

#[tokio::test]
async fn companions_are_methods() {
    let mut counter = Counter(1);
    assert_eq!(counter.next_refresh().await, 2);
    assert_eq!(counter.next_key(), Counter(2).next_key());
}

#[tokio::test]
async fn writes_invalidate() {
    let mut counter = Counter(1);
    let call = async || Counter(1).next().await;
    assert_eq!(*check_invalidates(call, counter.reset()).await, 0);
}
