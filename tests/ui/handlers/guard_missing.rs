use axum::Router;
use cached_axum::admin;
use cached_core::Cache;

fn main() {
    let cache = Cache::in_memory().unwrap();
    let _app: Router = Router::new().nest("/admin", admin::router(cache));
}
