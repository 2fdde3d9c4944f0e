//! [`cached_core`] on the web: handlers of axum, cached by the same attribute, and clients that are told of it.
//!
//! ```no_run
//! use axum::{Json, Router, extract::{Path, State}, http::StatusCode, routing::get};
//! use cached_axum::{CacheLayer, cached, health, invalidates};
//! use cached_core::Cache;
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone, Serialize, Deserialize)]
//! # struct User { name: String }
//! # #[derive(Clone)]
//! # struct Db;
//! # impl Db {
//! #     async fn find(&self, id: u64) -> Option<User> { Some(User { name: id.to_string() }) }
//! #     async fn rename(&self, _id: u64, _name: String) -> bool { true }
//! # }
//!
//! #[cached(ttl = "5m", prefix = "user:{id}")]
//! async fn user(Path(id): Path<u64>, #[cached(skip)] State(db): State<Db>) -> Result<Json<User>, StatusCode> {
//!     db.find(id).await.map(Json).ok_or(StatusCode::NOT_FOUND)
//! }
//!
//! #[invalidates("user:{id}:*")] // if the status is one of success
//! async fn rename(Path(id): Path<u64>, State(db): State<Db>, name: String) -> StatusCode {
//!     if db.rename(id, name).await { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cache = Cache::from_env()?; // Redis if REDIS_URL is set, this process otherwise
//! cache.install()?;
//! let app = Router::new()
//!     .route("/users/{id}", get(user).put(rename))
//!     .with_state(Db)
//!     .nest("/health", health::router(cache))
//!     .layer(CacheLayer::new()); // Cache-Status, Age, Cache-Control, ETag and 304
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Import the attributes from here: that also brings what axum's own types need to be cached. What a pattern binds is the
//! key; `State`, `Extension` and `HeaderMap` say `#[cached(skip)]`. [`Json`](axum::Json), [`Html`](axum::response::Html), a
//! plain value, or a `Result` of one is stored as what it holds. A typed call, and a companion, takes its arguments as the
//! handler does: `#[invalidates(user(Path(id)))]`, `user::peek(Path(1))`.
//!
//! | | |
//! |---|---|
//! | [`CacheLayer`] | layer: tells clients where a response came from and how long they may keep it |
//! | [`ClientCacheControl`] | extractor: what a client asks of caches |
//! | [`UseCache`] | extractor: the cache of the state, for calls by key |
//! | [`health`] | a page for balancers and dashboards, and its parts |
//! | [`admin`] | statistics, a self-test, invalidation and purge, behind a [`Guard`] |
//! | [`RequireGuard`] | the same guards for routes of your own |
//! | `sessions`, a feature | a session store of tower-sessions on a cache |

pub mod admin;
mod cache_value;
mod extract;
mod guard;
pub mod health;
mod layer;
#[cfg(feature = "sessions")]
pub mod sessions;

pub use cached_core::{cached, invalidates};
pub use extract::{CacheDisabled, ClientCacheControl, InvalidCacheControl, UseCache};
pub use guard::{BearerRejection, BearerToken, Guard, Guarded, InvalidBearerToken, RequireGuard};
pub use layer::{CacheLayer, CacheService};
