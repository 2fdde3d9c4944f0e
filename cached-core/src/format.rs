//! The stored form of an entry: a readable header line, ids, a JSON body, and its freshness.
//!
//! A change of stored bytes is a new format version, with new golden files.

pub(crate) mod entry;
pub(crate) mod freshness;
mod id;
pub(crate) mod json;
