//! Re-exports cached-core: who depends on this crate names only this crate.

pub use cached_core;
pub use cached_core::{cached, invalidates};

/// The runtime at another place.
pub mod inner {
    pub use cached_core as runtime;
}
