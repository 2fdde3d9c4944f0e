//! The arguments of the attributes, every keyword with its span.

mod cached;
mod grammar;
mod impl_block;
mod invalidates;
mod values;

pub(crate) use self::cached::{Args, is_skip};
pub(crate) use self::grammar::Written;
pub(crate) use self::impl_block::ImplArgs;
pub(crate) use self::invalidates::{InvalidatesArgs, Target, When};
