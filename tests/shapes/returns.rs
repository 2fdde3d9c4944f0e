//! Return types, and the part of each that is stored.

mod alias;
mod borrowed_error;
mod known_results;
mod lent_for_ever;
mod local_error;
mod option;
mod option_of_result;
mod plain;
mod result;
mod result_of_option;
mod rich;
mod unit;
mod unit_result;
