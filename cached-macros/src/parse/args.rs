//! What was written between the parentheses of an attribute, every keyword with its span.

mod block;
mod cached;
mod grammar;
mod invalidates;
mod values;

pub(crate) use self::block::BlockArgs;
pub(crate) use self::cached::{Args, is_skip};
pub(crate) use self::grammar::Written;
pub(crate) use self::invalidates::{InvalidatesArgs, On, Target};
