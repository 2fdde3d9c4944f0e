//! Tokens for what has been checked, one `quote!` per item: data and calls into the runtime, no decisions.

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
mod recovery;
mod spans;

pub(crate) use self::cached::{expand_cached_fn, expand_function};
pub(crate) use self::companions::expand_companions;
pub(crate) use self::impl_block::expand_impl_block;
pub(crate) use self::invalidates::expand_invalidating_fn;
pub(crate) use self::recovery::{expand_rejected_fn, expand_stubs, keep_item};
