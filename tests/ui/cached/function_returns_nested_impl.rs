use cached_core::cached;

#[cached]
async fn profile(id: u64) -> Result<impl std::fmt::Display, ()> {
    Ok(id)
}

fn main() {
    let _ = profile;
}
