use cached_core::invalidates;

#[invalidates("user:{id}", cache = "redis")]
async fn rename(id: u64, name: &str) -> u64 {
    id + u64::from(name.is_empty())
}

fn main() {
    let _ = rename;
}
