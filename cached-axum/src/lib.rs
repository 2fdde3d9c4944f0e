//! cached-core on the web: nothing here yet.
//!
//! This crate will hold what an axum service needs around [`cached-core`](https://crates.io/crates/cached-core):
//!
//! - `#[cached]` directly on handlers: `Path` and `Query` are key material, `Json<T>` is stored as `T`;
//! - an extractor that hands a handler the `Cache`, and one for what the client asked (`Cache-Control`);
//! - a layer that opens a scope for each request and answers with `Cache-Status` (RFC 9211), `Age` and `ETag`;
//! - routers for health and for administration.
//!
//! Until then, call a cached function from the handler: that needs nothing from this crate.
