use cached_core::cached;

#[cached(skip(dbb))]
async fn profile(id: u64, db: &str) -> u64 {
    id + db.len() as u64
}

async fn call() {
    let _ = profile::peek(1).await;
    let _ = profile::refresh(1, "").await;
}

fn main() {
    let _ = call;
}
