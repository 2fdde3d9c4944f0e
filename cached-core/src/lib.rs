//! Redis-backed caching for async functions, by one attribute.
