//! Random names, made small: a token or an id is one byte here, and a table says which of the
//! runtime's it stands for.

use std::sync::LazyLock;

use crate::format::entry::{self, Id, Identity, Token};

/// A token or an id; [`NONE`] where there is none.
pub(super) type Name = u8;
/// One run of one server.
pub(super) type Run = u8;

pub(super) const NONE: Name = 0;
/// Names that a broken rule draws more than once. Drawn ones stay below.
pub(super) const FIXED: Name = 200;

/// The token and the id that a name stands for.
struct RealName {
    token: Token,
    token_bytes: Vec<u8>,
    id: Id,
    occupant_bytes: Vec<u8>,
}

static NAMES: LazyLock<Vec<RealName>> = LazyLock::new(|| {
    (0..=u8::MAX)
        .map(|name| {
            let token_bytes = format!("{name:032x}").into_bytes();
            let occupant_bytes = format!("cc1 {name:032x} L").into_bytes();
            RealName {
                token: Token::read(&token_bytes).expect("32 hex digits"),
                token_bytes,
                id: entry::id_of(&occupant_bytes).expect("our format"),
                occupant_bytes,
            }
        })
        .collect()
});

static RUNS: LazyLock<Vec<Identity>> = LazyLock::new(|| {
    (0..=u8::MAX)
        .map(|run| Identity::of_run(&format!("{run}")))
        .collect()
});

pub(super) fn token(name: Name) -> Token {
    NAMES[usize::from(name)].token
}

/// The bytes that a marker with this token holds.
pub(super) fn token_bytes(name: Name) -> &'static [u8] {
    &NAMES[usize::from(name)].token_bytes
}

pub(super) fn id(name: Name) -> Id {
    NAMES[usize::from(name)].id
}

/// The bytes that lie at an entry's key under this id, as far as a capture looks.
pub(super) fn occupant_bytes(name: Name) -> &'static [u8] {
    &NAMES[usize::from(name)].occupant_bytes
}

pub(super) fn identity(run: Run) -> Identity {
    RUNS[usize::from(run)]
}
