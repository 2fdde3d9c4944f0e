use cached_core::cached;

trait Load {
    type Row;
    async fn load(&self, id: u64) -> Option<Self::Row>;
    async fn all(limit: u64) -> Vec<u64>;
}

struct Users;

#[cached]
impl Load for Users {
    type Row = u64;

    #[cached(ttl = 0)]
    async fn load(&self, id: u64) -> Option<Self::Row> {
        Some(id)
    }

    #[cached(tll = 5)]
    async fn all(limit: u64) -> Vec<u64> {
        vec![limit]
    }
}

async fn call(users: &Users) {
    let _: Option<Option<u64>> = users.load_peek(1).await;
    let _: Option<u64> = users.load_refresh(1).await;
    let _: Vec<u64> = Users::all_uncached(1).await;
    let _ = Users::all_invalidate(1).await;
}

fn main() {
    let _ = call;
}
