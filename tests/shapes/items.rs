//! Where functions may stand, and who may see them.

mod made_by_macro;
mod nested;
mod same_name;
mod scoped;
