use cached_core::cached;

struct User {
    id: u64,
}

#[cached]
async fn profile(id: u64) -> User {
    User { id }
}

fn main() {
    let _ = profile;
}
