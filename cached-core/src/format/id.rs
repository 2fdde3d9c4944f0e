//! [`Id`] of an entry and [`Token`] of a marker: random names of 128 bits.

use std::{array, fmt};

use crate::encoding::hex;

/// The first bytes of everything at the key of an entry; its id follows.
pub(super) const FORMAT: &[u8] = b"cc1 ";

/// The bytes after the id of a lease.
pub(super) const LEASE: &[u8] = b" L";

/// 128 random bits as they are written, in 32 lowercase hex digits: every hit compares some, and none does arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digits(pub(super) [u8; 32]);

/// Random numbers for one operation, eight for each call of the operating system: five calls took a twentieth of a
/// miss. Unused ones are not kept for the next operation: a process that is forked or restored would use them twice.
#[derive(Debug, Default)]
pub(crate) struct Draws(Option<array::IntoIter<[u8; 16], 8>>);

impl Draws {
    /// Draws the next number.
    fn draw(&mut self) -> Result<Digits, getrandom::Error> {
        loop {
            if let Some(drawn) = self.0.as_mut().and_then(Iterator::next) {
                return Ok(Digits::from_bytes(drawn));
            }
            let mut bytes = [[0; 16]; 8];
            getrandom::fill(bytes.as_flattened_mut())?;
            self.0 = Some(bytes.into_iter());
        }
    }
}

impl Digits {
    fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex::digits(u128::from_le_bytes(bytes)))
    }

    /// Parses 32 lowercase hex digits.
    pub(super) fn parse(field: &[u8]) -> Option<Self> {
        let digits = field.try_into().ok()?;
        hex::are_digits(field).then_some(Self(digits))
    }

    pub(super) fn as_str(&self) -> &str {
        // Digits are always text, so the default is never used.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The random name of an entry or a lease: a store compares it before it sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub(super) Digits);

impl Id {
    /// The id for stores inside the process, which need none.
    pub(crate) const NONE: Self = Self(Digits([b'0'; 32]));

    /// Draws a new id.
    pub(crate) fn drawn(draws: &mut Draws) -> Result<Self, getrandom::Error> {
        draws.draw().map(Self)
    }

    /// Draws a new id for an operation that needs no more random numbers.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(Digits::from_bytes(bytes)))
    }

    /// Returns the first 36 bytes of everything with this id, which a store compares.
    pub(crate) fn prefix(self) -> String {
        format!("cc1 {self}")
    }

    /// Returns the lease with this id, which a loader leaves where it found nothing.
    pub(crate) fn lease(self) -> Vec<u8> {
        [FORMAT, &self.0.0, LEASE].concat()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The random value that the marker of a group, a small key, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(super) Digits);

impl Token {
    /// Draws a new token.
    pub(crate) fn drawn(draws: &mut Draws) -> Result<Self, getrandom::Error> {
        draws.draw().map(Self)
    }

    /// Returns the bytes of a marker that holds it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0.0
    }

    /// Parses the bytes of a marker; `None` for anything but a token.
    pub(crate) fn read(marker: &[u8]) -> Option<Self> {
        Digits::parse(marker).map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
