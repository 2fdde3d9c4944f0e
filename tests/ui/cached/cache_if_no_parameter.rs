use cached_core::cached;

#[cached(cache_if = || true)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
