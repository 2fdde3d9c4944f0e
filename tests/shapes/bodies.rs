//! Bodies of functions.

mod closures;
mod early_return;
mod inferred;
mod items;
mod loops;
mod panics;
mod recursive;
