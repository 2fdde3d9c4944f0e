use cached_core::cached;

#[cached(crate = 5)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
