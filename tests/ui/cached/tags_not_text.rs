use cached_core::cached;

#[cached(tags = [id, 7])]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
