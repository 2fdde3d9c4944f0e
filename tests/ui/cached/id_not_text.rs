use cached_core::cached;

#[cached(id = profile)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
