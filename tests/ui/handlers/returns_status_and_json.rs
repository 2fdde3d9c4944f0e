use axum::{Json, http::StatusCode};
use cached_axum::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> (StatusCode, Json<u64>) {
    (StatusCode::OK, Json(id))
}

fn main() {
    let _ = user;
}
