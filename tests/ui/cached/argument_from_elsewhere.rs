use cached_core::cached;

#[cached(time = 60, expire = 60, ttl_seconds = 60, name = "user")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
