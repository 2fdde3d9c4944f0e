use cached_core::cached;

#[cached(on_outage = "fail")]
async fn profile(id: u64) -> Result<u64, std::io::Error> {
    Ok(id)
}

fn main() {
    let _ = profile;
}
