//! The attribute on an `impl` block: companions for what has no place for them inside.

mod associated;
mod attributes;
mod boxed;
mod futures;
mod generics;
mod inherent;
mod stale;
mod traits;

use super::{
    Runs, check, check_apart, check_in_its_cache, check_invalidates, check_keeps, in_cache,
};
