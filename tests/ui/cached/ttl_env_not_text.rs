use cached_core::cached;

#[cached(ttl_env = PROFILE_TTL)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
