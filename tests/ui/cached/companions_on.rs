use cached_core::cached;

#[cached(companions = on)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
