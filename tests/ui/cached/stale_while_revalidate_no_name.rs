use cached_core::cached;

#[cached(stale_while_revalidate = "30s")]
async fn profile(id: u64, _: u8, [a, b]: [u8; 2]) -> u64 {
    id + u64::from(a + b)
}

fn main() {
    let _ = profile;
}
