use cached_core::cached;

#[cached(ttl = 5)]
async fn profile(id: String) -> usize {
    drop(id);
    id.len()
}

fn main() {
    let _ = profile;
}
