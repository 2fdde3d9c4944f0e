use cached_core::cached;

#[cached(key = (id, names.))]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
