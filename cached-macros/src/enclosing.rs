//! The code around a function, for messages alone: its own tokens do not tell.
//!
//! The compiler says in which file and at which place a name was written. What that file has around the
//! place is found by counting braces, because a file that is being edited rarely parses. A file that cannot
//! be read, a name that is not there (a macro made it) and code inside a macro say nothing.

mod file;
mod frame;
mod lexer;
mod place;
mod scan;

pub(crate) use self::file::find_place;
pub(crate) use self::place::Place;
