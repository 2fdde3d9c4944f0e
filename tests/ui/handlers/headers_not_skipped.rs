use axum::{Json, extract::Path, http::HeaderMap};
use cached_axum::cached;

#[cached(ttl = "5m", prefix = "user:{id}")]
async fn user(Path(id): Path<u64>, headers: HeaderMap) -> Json<u64> {
    let _ = headers;
    Json(id)
}

fn main() {
    let _ = user;
}
