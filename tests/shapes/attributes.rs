//! Other attributes that may stand on a function.

mod both;
mod debug_handler;
mod documented;
mod hints;
mod instrument_above;
mod instrument_below;
mod lint_levels;
