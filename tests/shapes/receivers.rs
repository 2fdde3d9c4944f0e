//! Forms of `self`.

mod borrowed;
mod boxed;
mod lent_mutably;
mod none;
mod of_borrowing;
mod of_generic;
mod own_type;
mod owned;
mod pinned;
mod same_name;
mod shared;
