use cached_core::{cached, invalidates};

#[cached(prefix = "user:{id}")]
async fn profile(id: String) -> usize {
    id.len()
}

struct User {
    name: String,
}

#[invalidates(profile(user.name))]
async fn rename(user: User) -> usize {
    user.name.len()
}

fn main() {
    let _ = rename;
}
