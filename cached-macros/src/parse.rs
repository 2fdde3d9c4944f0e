//! Attributes, functions and `impl` blocks as they are written. What cannot be parsed is reported; nothing is compared
//! yet.

pub(crate) mod args;
pub(crate) mod attribute;
pub(crate) mod impl_block;
pub(crate) mod impl_header;
pub(crate) mod item;
