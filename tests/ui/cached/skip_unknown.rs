use cached_core::cached;

#[cached(skip(dbb))]
async fn profile(id: u64, db: &str) -> u64 {
    id + db.len() as u64
}

fn main() {
    let _ = profile;
}
