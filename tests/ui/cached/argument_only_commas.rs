use cached_core::cached;

#[cached(, ttl = "5m",,)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
