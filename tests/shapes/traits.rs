//! Methods of traits.

mod async_trait;
mod async_trait_local;
mod blanket;
mod boxed_by_hand;
mod native;
mod provided;
mod trait_variant;
