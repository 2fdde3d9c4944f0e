use cached_core::cached;

struct Db;

/// One mistake, and nothing that its callers could do about it.
#[cached(ttl = 0)]
async fn profile(id: u64, #[cached(skip)] db: &Db) -> Result<String, u64> {
    let _ = db;
    Err(id)
}

async fn call(db: &Db) {
    let _: cached_core::Key = profile::key(1);
    let _: Option<Result<String, u64>> = profile::peek(1).await;
    let _: Result<String, u64> = profile::refresh(1, db).await;
    let _: Result<String, u64> = profile::uncached(1, db).await;
    profile::invalidate(1).await.unwrap();
}

fn main() {
    let _ = call;
}
