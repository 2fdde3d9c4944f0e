use cached_core::invalidates;

#[invalidates("user:{id}")]
async fn rename(id: u64, name: String) -> usize {
    drop(name);
    name.len()
}

fn main() {
    let _ = rename;
}
