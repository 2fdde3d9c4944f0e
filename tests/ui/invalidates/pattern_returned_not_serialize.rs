use cached_core::invalidates;

struct User {
    id: u64,
}

#[invalidates("user:{ret}")]
async fn rename(id: u64) -> User {
    User { id }
}

fn main() {
    let _ = rename;
}
