use cached_core::cached;

#[cached(crate = "cached_core")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
