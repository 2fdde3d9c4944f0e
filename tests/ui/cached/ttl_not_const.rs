use cached_core::cached;

fn minutes(n: u64) -> std::time::Duration {
    std::time::Duration::from_secs(60 * n)
}

#[cached(ttl = minutes(5))]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
