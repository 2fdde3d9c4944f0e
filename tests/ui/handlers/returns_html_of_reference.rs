use axum::{extract::Path, response::Html};
use cached_axum::cached;

#[cached(ttl = "5m", prefix = "page:{id}")]
async fn page(Path(id): Path<u64>) -> Html<&'static str> {
    if id == 0 { Html("home") } else { Html("page") }
}

fn main() {
    let _ = page;
}
