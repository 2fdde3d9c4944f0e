use cached_core::cached;

#[cached(skip = db)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
