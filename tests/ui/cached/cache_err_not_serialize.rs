use cached_core::cached;

#[cached(cache_err = "5s")]
async fn profile(id: u64) -> Result<u64, std::fmt::Error> {
    Ok(id)
}

fn main() {
    let _ = profile;
}
