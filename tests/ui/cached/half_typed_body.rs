use cached_core::cached;

#[cached(ttl = "5m")]
async fn profile(id: u64) -> u64 {
    let user = id.;
    user
}

fn main() {
    let _ = profile;
    let _ = profile::key(1);
}
