use cached_core::cached;

#[cached(60 * 5)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
