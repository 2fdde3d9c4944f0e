use cached_core::invalidates;

struct User {
    id: u64,
}

#[invalidates("user:{ret.nam}")]
async fn rename(id: u64) -> Result<User, ()> {
    Ok(User { id })
}

fn main() {
    let _ = rename;
}
