use cached_core::cached;

#[cached(ttl = 5, version = 1, ttl = 6)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
