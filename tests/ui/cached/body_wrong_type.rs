use cached_core::cached;

#[cached(ttl = 5)]
async fn profile(id: u64) -> Result<String, std::fmt::Error> {
    id
}

fn main() {
    let _ = profile;
}
