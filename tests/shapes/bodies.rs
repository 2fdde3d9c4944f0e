//! What functions may do.

mod closures;
mod early_return;
mod inferred;
mod items;
mod loops;
mod panics;
mod recursive;
