//! What may become of a call.

mod at_once;
mod dropped;
mod spawned;
