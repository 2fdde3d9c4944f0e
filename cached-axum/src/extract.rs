//! Extractors of handlers: the cache of the state, and the `Cache-Control` of the request.

mod client_cache_control;
mod rejection;
mod use_cache;

pub use client_cache_control::ClientCacheControl;
pub use rejection::{CacheDisabled, InvalidCacheControl};
pub use use_cache::UseCache;
