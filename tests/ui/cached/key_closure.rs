use cached_core::cached;

#[cached(key = |id| id % 10)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
