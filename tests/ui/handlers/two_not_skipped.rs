use axum::{Json, extract::State, http::HeaderMap};
use cached_axum::cached;

#[derive(Clone)]
struct Db;

#[cached(ttl = "5m")]
#[axum::debug_handler(state = Db)]
async fn users(State(db): State<Db>, headers: HeaderMap) -> Json<usize> {
    let Db = db;
    Json(headers.len())
}

fn main() {
    let _ = users;
}
