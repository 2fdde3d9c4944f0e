//! Other crates than this one.

mod edition2021;
mod facade;
mod nothing_else;
mod renamed;
