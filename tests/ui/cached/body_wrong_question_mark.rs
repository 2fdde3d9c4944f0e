use cached_core::cached;

#[cached(ttl = 5)]
async fn profile(id: &str) -> Result<u64, std::fmt::Error> {
    let number: u64 = id.parse()?;
    Ok(number)
}

fn main() {
    let _ = profile;
}
