use cached_core::cached;

#[cached(ttl = "5min", cache_none = "1 hour")]
async fn profile(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    let _ = profile;
}
