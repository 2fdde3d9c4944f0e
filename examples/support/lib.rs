//! Parts that the services share, so that each shows only what is its own.
//!
//! ```no_run
//! use axum::{Json, Router, extract::{Path, State}, routing::get};
//! use cached_axum::cached;
//! use cached_core::Cache;
//! use examples::{Database, Failure};
//!
//! #[cached(ttl = "1h", prefix = "word:{id}")]
//! async fn word(Path(id): Path<i64>, #[cached(skip)] State(database): State<Database>) -> Result<Json<String>, Failure> {
//!     let word = sqlx::query_scalar("SELECT word FROM word WHERE id = ?").bind(id).fetch_optional(database.pool()).await?;
//!     word.map(Json).ok_or_else(|| Failure::not_found("no such word"))
//! }
//!
//! #[tokio::main]
//! async fn main() -> anyhow::Result<()> {
//!     examples::log()?; // RUST_LOG=cached_core=trace shows each hit and miss
//!     let cache = Cache::builder().namespace("words").with_env()?.build()?;
//!     cache.install()?;
//!     let database = Database::open().await?; // SQLite, with words, people, series and courses in it
//!     let routes = Router::new().route("/words/{id}", get(word)).with_state(database.clone());
//!     examples::serve(&cache, routes).await?; // until SIGTERM or ctrl-c
//!     database.close().await;
//!     Ok(())
//! }
//! ```
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | where a service listens; with port 0 on one that is free, which it prints |
//! | `DATABASE_FILE` | none: a temporary file | where the rows are, and stay |
//! | `MODEL_LATENCY` | `400ms` | how long the paid model thinks |
//! | `MODEL_PRICE` | `0.002` | dollars for one call of it |
//! | `RUST_LOG` | `info` | what is logged, to standard error |
//!
//! And those of the cache: [`Cache::from_env`](cached_core::Cache::from_env).
#![cfg(feature = "sqlite")]

mod progress;
mod words;

pub use progress::progress;
pub use words::{Line, shipped_words};

#[cfg(feature = "services")]
mod database;
#[cfg(feature = "services")]
mod failure;
#[cfg(feature = "services")]
mod log;
#[cfg(feature = "services")]
mod model;
#[cfg(feature = "services")]
mod serve;
#[cfg(feature = "services")]
pub mod settings;
#[cfg(feature = "services")]
mod warm;

#[cfg(feature = "services")]
pub use crate::{
    database::Database,
    failure::Failure,
    log::log,
    model::{Bill, PaidModel},
    serve::serve,
    warm::warm_up,
};
