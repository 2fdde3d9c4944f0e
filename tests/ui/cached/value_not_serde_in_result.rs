use cached_core::cached;

struct User {
    id: u64,
}

#[cached(ttl = "5m", prefix = "user:{id}")]
async fn profile(id: u64) -> Result<Option<User>, ()> {
    Ok(Some(User { id }))
}

fn main() {
    let _ = profile;
}
