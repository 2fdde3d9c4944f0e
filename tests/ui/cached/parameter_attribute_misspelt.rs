use cached_core::cached;

#[cached]
async fn profile(id: u64, #[cached(skpi)] db: &str) -> u64 {
    id + db.len() as u64
}

fn main() {
    let _ = profile;
}
