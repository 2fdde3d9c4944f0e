use cached_core::cached;

#[cached(ttl = 5min)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
