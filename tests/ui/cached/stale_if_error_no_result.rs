use cached_core::cached;

#[cached(stale_if_error = "1h")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
