use cached_core::cached;

#[cached(cache_none = |_| std::time::Duration::ZERO)]
async fn profile(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    let _ = profile;
}
