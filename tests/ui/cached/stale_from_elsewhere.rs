use cached_core::cached;

#[cached(grace = "1h", swr = "5s", fail_safe = "1h")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
