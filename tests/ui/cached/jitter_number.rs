use cached_core::cached;

#[cached(jitter = 10)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
