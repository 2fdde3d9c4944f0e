use axum::Router;
use cached_axum::{RequireGuard, admin};
use cached_core::Cache;

fn main() {
    let cache = Cache::in_memory().unwrap();
    let _app: Router = admin::router(cache, "secret");
    let _layer = RequireGuard::new(());
}
