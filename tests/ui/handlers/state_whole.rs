use axum::{Json, extract::State};
use cached_axum::cached;

#[derive(Clone)]
struct Db;

#[axum::debug_handler]
#[cached(ttl = "5m")]
async fn users(state: State<Db>) -> Json<u64> {
    let State(Db) = state;
    Json(0)
}

fn main() {
    let _ = users;
}
