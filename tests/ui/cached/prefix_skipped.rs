use cached_core::cached;

#[cached(prefix = "user:{id}:{db}", skip(db))]
async fn profile(id: u64, db: &str) -> u64 {
    id + db.len() as u64
}

fn main() {
    let _ = profile;
}
