use axum::Json;
use cached_axum::cached;

struct User {
    id: u64,
}

#[cached(ttl = "5m")]
async fn user(id: u64) -> Result<Json<User>, String> {
    Ok(Json(User { id }))
}

fn main() {
    let _ = user;
}
