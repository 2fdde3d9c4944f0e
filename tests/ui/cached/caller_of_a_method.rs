use std::sync::Arc;

use cached_core::cached;

struct Users(u64);

impl Users {
    #[cached]
    async fn count(&self) -> u64 {
        self.0
    }

    #[cached(jitter = 5, companions = cached_find)]
    async fn find(self: Arc<Self>, id: u64) -> Option<u64> {
        Some(self.0 + id)
    }
}

async fn call(users: Arc<Users>) {
    let _: Option<u64> = users.count_peek().await;
    let _: u64 = users.count_refresh().await;
    let _: cached_core::Key = users.clone().cached_find_key(5);
    let _: Option<u64> = users.cached_find_uncached(5).await;
}

fn main() {
    let _ = call;
}
