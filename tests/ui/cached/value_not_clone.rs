use cached_core::cached;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached]
async fn profile(id: u64) -> Option<User> {
    Some(User { id })
}

fn main() {
    let _ = profile;
}
