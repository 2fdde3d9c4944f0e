use cached_core::cached;

struct DbError;

#[cached(stale_if_error = "1h", stale_if_error = "2h")]
async fn profile(id: u64) -> Result<u64, DbError> {
    Ok(id)
}

fn main() {
    let _ = profile;
}
