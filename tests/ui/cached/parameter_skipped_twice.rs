use cached_core::cached;

#[cached(skip(db))]
async fn profile(id: u64, #[cached(skip)] db: &str) -> u64 {
    id + db.len() as u64
}

fn main() {
    let _ = profile;
}
