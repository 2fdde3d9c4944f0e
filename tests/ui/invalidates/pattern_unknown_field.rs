use cached_core::invalidates;

struct User {
    id: u64,
}

#[invalidates("user:{user.nam}:*")]
async fn rename(user: User) -> u64 {
    user.id
}

fn main() {
    let _ = rename;
}
