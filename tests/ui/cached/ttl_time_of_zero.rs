use cached_core::cached;

#[cached(ttl = std::time::Duration::from_secs(0))]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
