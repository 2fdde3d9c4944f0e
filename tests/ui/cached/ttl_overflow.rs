use cached_core::cached;

#[cached(ttl = 18446744073709551615 + 1)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
