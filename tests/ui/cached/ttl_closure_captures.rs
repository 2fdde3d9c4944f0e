use cached_core::cached;

#[cached(ttl = |value| std::time::Duration::from_secs(value + id))]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
