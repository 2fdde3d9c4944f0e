//! Type and const parameters.

mod associated;
mod bounded;
mod constant;
mod higher_ranked;
mod opaque;
mod returned;
mod unused;
mod where_clause;
