use cached_core::invalidates;

#[invalidates("user:{id}")]
async fn rename(id: u64) -> Result<u64, String> {
    if id == 0 {
        return id;
    }
    Ok(id)
}

fn main() {
    let _ = rename;
}
