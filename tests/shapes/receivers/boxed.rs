//! `self: Box<Self>`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Job(u32);

impl Job {
    #[cached(prefix = "job:{self.0}")]
    #[allow(clippy::boxed_local)]
    async fn result(self: Box<Self>, input: u32) -> u32 {
        Runs::add();
        self.0 * input
    }

    #[invalidates("job:{self.0}")]
    async fn cancel(self: Box<Self>) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Box::new(Job(2)).result(3)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| Box::new(Job(2)).result(3), || Box::new(Job(3)).result(2)).await;
    check_miss(|| Box::new(Job(2)).result(3), || Box::new(Job(2)).result(4)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| Box::new(Job(2)).result(3), Box::new(Job(2)).cancel()).await;
}
