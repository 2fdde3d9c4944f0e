use cached_core::cached;

#[cached(key = std::time::Instant::now())]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
