//! Functions that are not `async`, and return a future.

mod boxed;
mod called_again;
mod detached;
mod generic;
mod lent_mutably;
mod named;
mod of_method;
mod opaque;
mod sent;
