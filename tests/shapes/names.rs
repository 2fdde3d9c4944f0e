//! Names that could get into the expansion's way.

#![forbid(non_camel_case_types, non_snake_case)]

mod companions;
mod prelude;
