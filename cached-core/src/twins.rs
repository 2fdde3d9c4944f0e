//! Functions that cannot be told apart: of one name, in two blocks of one function.

use std::{collections::HashSet, sync::Once};

use crate::{key::function::Registered, telemetry::event};

/// Tells of all cached functions that share their entries though nobody said so, once.
pub(crate) fn tell_of_twins() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut identities = HashSet::new();
        for Registered(function) in inventory::iter::<Registered> {
            if !function.is_pinned() && !identities.insert(function.identity()) {
                event::twins(function);
            }
        }
    });
}
