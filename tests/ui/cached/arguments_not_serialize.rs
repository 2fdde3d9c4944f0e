use cached_core::cached;

struct Pool;

#[cached]
async fn profile(pool: &Pool, at: std::time::Instant) -> u64 {
    let _ = (pool, at);
    1
}

fn main() {
    let _ = profile;
}
