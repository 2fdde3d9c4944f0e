use cached_core::invalidates;

fn helper(id: u64) -> u64 {
    id
}

#[invalidates(helper(id))]
async fn rename(id: u64, name: &str) -> u64 {
    id + u64::from(name.is_empty())
}

fn main() {
    let _ = rename;
}
