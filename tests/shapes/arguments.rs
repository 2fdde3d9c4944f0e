//! What parameters may look like.

mod array;
mod by_reference;
mod conditional;
mod dynamic;
mod fields;
mod float;
mod handle;
mod lent_mutably;
mod lifetime;
mod many;
mod moved;
mod mutable;
mod newtype;
mod none;
mod perhaps;
mod raw;
mod scalars;
mod slice;
mod structure;
mod text;
mod tuple;
mod two;
mod unnamed;
mod unordered;
mod usual_names;
mod whole;
