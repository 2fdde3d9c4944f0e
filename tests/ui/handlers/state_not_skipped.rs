use axum::{Json, extract::Path, extract::State};
use cached_axum::cached;

#[derive(Clone)]
struct Db;

#[cached(ttl = "5m", prefix = "user:{id}")]
async fn user(State(db): State<Db>, Path(id): Path<u64>) -> Json<u64> {
    let Db = db;
    Json(id)
}

fn main() {
    let _ = user;
}
