use cached_core::cached;

fn until_midnight(_: &u64) -> std::time::Duration {
    std::time::Duration::from_secs(60)
}

#[cached(ttl = until_midnight)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
