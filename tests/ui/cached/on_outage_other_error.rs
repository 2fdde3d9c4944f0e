use cached_core::cached;

struct DbError;

#[cached(on_outage = "fail")]
async fn profile(id: u64) -> Result<u64, DbError> {
    Ok(id)
}

fn main() {
    let _ = profile;
}
