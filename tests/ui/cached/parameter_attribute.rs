use cached_core::cached;

#[cached]
async fn profile(#[cached(key)] id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
