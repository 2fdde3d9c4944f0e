use cached_core::invalidates;

#[invalidates("user:{id}")]
async fn rename(id: &str) -> Option<u64> {
    let id = id.parse::<u64>()?;
    Some(id)
}

fn main() {
    let _ = rename;
}
