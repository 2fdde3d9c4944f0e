use axum::response::{IntoResponse, Response};
use cached_axum::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> Response {
    id.to_string().into_response()
}

fn main() {
    let _ = user;
}
