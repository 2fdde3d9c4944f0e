//! The attribute on an `impl` block: companions for what has no place for them inside.

mod inherent;

use super::{Runs, check, check_apart, check_invalidates, check_keeps, in_cache};
