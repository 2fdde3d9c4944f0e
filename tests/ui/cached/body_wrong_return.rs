use cached_core::cached;

#[cached(ttl = 5)]
async fn profile(id: u64) -> Result<String, std::fmt::Error> {
    if id == 0 {
        return id;
    }
    Ok(id.to_string())
}

fn main() {
    let _ = profile;
}
