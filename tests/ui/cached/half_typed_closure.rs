use cached_core::cached;

#[cached(cache_if = |value| value.)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
    let _ = profile::key(1);
}
