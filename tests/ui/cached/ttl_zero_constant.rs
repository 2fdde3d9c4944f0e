use cached_core::cached;

const NONE: std::time::Duration = std::time::Duration::ZERO;

#[cached(ttl = NONE)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
