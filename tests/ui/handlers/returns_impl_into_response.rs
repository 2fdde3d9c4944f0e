use axum::{Json, response::IntoResponse};
use cached_axum::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> Result<impl IntoResponse, String> {
    Ok(Json(id))
}

fn main() {
    let _ = user;
}
