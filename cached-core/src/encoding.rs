//! Deterministic bytes and text: the canonical encoding of arguments, escaped key segments, digests.
//!
//! The same on every machine, compiler and build: a change here changes keys.

pub(crate) mod canonical;
pub(crate) mod digest;
pub(crate) mod escape;
pub(crate) mod hex;
