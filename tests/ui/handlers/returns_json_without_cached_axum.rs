use axum::Json;
use cached_core::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> Json<u64> {
    Json(id)
}

fn main() {
    let _ = user;
}
