use cached_core::invalidates;

#[invalidates(users::)]
async fn rename(id: u64, name: &str) -> u64 {
    id + u64::from(name.is_empty())
}

fn main() {
    let _ = rename;
}
