use cached_core::cached;

#[cached(ttl = "99999999999999999999s")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
