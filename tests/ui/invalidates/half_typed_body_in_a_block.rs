use cached_core::invalidates;

#[invalidates("user:{id}")]
async fn rename(id: u64) -> u64 {
    if id > 5 { id. } else { id }
}

fn main() {
    let _ = rename;
}
