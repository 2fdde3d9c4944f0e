use cached_core::cached;

#[derive(serde::Serialize)]
struct User {
    name: String,
}

#[cached(prefix = "user:{user.nmae}")]
async fn profile(user: &User) -> u64 {
    user.name.len() as u64
}

fn main() {
    let _ = profile;
}
