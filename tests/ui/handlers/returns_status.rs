use axum::http::StatusCode;
use cached_axum::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> StatusCode {
    if id == 0 {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    }
}

fn main() {
    let _ = user;
}
