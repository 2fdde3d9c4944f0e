//! Feedback, hints and insights for learners of a language, from a model that is paid by the call.

use axum::{Router, routing::get};
use cached_core::Cache;
use examples::Database;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    examples::log()?;
    let cache = Cache::builder().namespace("tutor").with_env()?.build()?;
    cache.install()?;
    let database = Database::open().await?;
    let routes = Router::new().route("/words", get("4000"));
    examples::serve(&cache, routes).await?;
    database.close().await
}
