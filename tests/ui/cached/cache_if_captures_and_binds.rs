use cached_core::cached;

#[cached(cache_if = |value| { let least = id; *value > least })]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
