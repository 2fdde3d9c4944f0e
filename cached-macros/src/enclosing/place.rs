//! Places in a file, and the code around a function.

use std::collections::HashMap;

/// The braces around a function.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Place {
    /// The `impl` of a type.
    Impl,
    /// The `impl` of a trait for a type.
    TraitImpl,
    Trait,
    /// Beside this, which has the same name.
    Beside(&'static str),
    #[default]
    Elsewhere,
}

/// Line and column of a name, both from one.
pub(super) type Position = (usize, usize);

/// The functions of a file by the position of their names.
pub(super) type Functions = HashMap<Position, (String, Place)>;
