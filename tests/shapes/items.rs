//! Places where functions may stand, and their visibility.

mod made_by_macro;
mod nested;
mod same_name;
mod scoped;
