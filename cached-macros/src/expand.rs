//! One `quote!` per item. Data and calls into the runtime, no decisions.

mod background_call;
mod cached;
mod codec;
mod companions;
mod declaration;
mod doc_section;
mod form;
mod impl_block;
mod invalidates;
mod key;
mod lints;
pub(crate) mod recovery;
mod spans;

pub(crate) use self::cached::{cached, user_function};
pub(crate) use self::companions::companions;
pub(crate) use self::impl_block::impl_block;
pub(crate) use self::invalidates::invalidates;
