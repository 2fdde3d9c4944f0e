use cached_core::invalidates;

#[invalidates("user:{id}")]
async fn rename(id: u64) -> Result<u64, String> {
    id
}

fn main() {
    let _ = rename;
}
