use cached_core::cached;

#[cached(stale_while_revalidate = "30s")]
async fn profile(id: &str) -> Result<u64, &str> {
    Err(id)
}

fn main() {
    let _ = profile;
}
