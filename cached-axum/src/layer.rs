//! The layer around handlers: the cache and the mode of each request, and the headers of its response.

mod body;
mod cache_control;
mod cache_layer;
mod cache_status;
mod config;
mod etag;
mod response;
mod scope;
mod service;

pub use cache_layer::CacheLayer;
pub use service::CacheService;
