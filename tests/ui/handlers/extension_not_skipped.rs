use axum::{Extension, Json, extract::Path};
use cached_axum::cached;

#[derive(Clone)]
struct Mailer;

#[cached(ttl = "5m", prefix = "user:{id}")]
async fn user(Path(id): Path<u64>, Extension(mailer): Extension<Mailer>) -> Json<u64> {
    let Mailer = mailer;
    Json(id)
}

fn main() {
    let _ = user;
}
