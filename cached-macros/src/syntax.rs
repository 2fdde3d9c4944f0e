//! Rust and our small notations as tokens spell them: durations, templates, bindings, types. Knows nothing of a
//! cache.

pub(crate) mod binding;
pub(crate) mod borrows;
pub(crate) mod duration;
pub(crate) mod groups;
pub(crate) mod template;
pub(crate) mod tokens;
pub(crate) mod types;
