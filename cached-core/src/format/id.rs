//! [`Id`] and [`Token`]: random names.

use std::{array, fmt};

use crate::encoding::hex;

/// How everything that lies at the key of an entry begins; its id follows.
pub(super) const FORMAT: &[u8] = b"cc1 ";

/// What follows the id of a lease.
pub(super) const LEASE: &[u8] = b" L";

/// 128 random bits, as they are written: 32 small hex digits. Every hit compares some, and none does arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digits(pub(super) [u8; 32]);

/// Random numbers for one operation, several for one question to the operating system: five questions took a twentieth
/// of a miss. What is left is not kept: a process that is forked or restored would use it twice.
#[derive(Debug, Default)]
pub(crate) struct Draws(Option<array::IntoIter<[u8; 16], 8>>);

impl Draws {
    fn next(&mut self) -> Result<Digits, getrandom::Error> {
        loop {
            if let Some(drawn) = self.0.as_mut().and_then(Iterator::next) {
                return Ok(Digits::of(drawn));
            }
            let mut bytes = [[0; 16]; 8];
            getrandom::fill(bytes.as_flattened_mut())?;
            self.0 = Some(bytes.into_iter());
        }
    }
}

impl Digits {
    fn of(bytes: [u8; 16]) -> Self {
        Self(hex::digits(u128::from_le_bytes(bytes)))
    }

    pub(super) fn read(field: &[u8]) -> Option<Self> {
        let digits = field.try_into().ok()?;
        hex::are_digits(field).then_some(Self(digits))
    }

    pub(super) fn as_str(&self) -> &str {
        // Digits are always text.
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

/// The random name of what lies at an entry's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub(super) Digits);

impl Id {
    /// Stands where a store inside the process needs none.
    pub(crate) const NONE: Self = Self(Digits([b'0'; 32]));

    /// A new id.
    pub(crate) fn drawn(draws: &mut Draws) -> Result<Self, getrandom::Error> {
        draws.next().map(Self)
    }

    /// The same, for an operation that needs no more.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(Digits::of(bytes)))
    }

    /// How everything with this id begins: the 36 bytes that a store expects.
    pub(crate) fn prefix(self) -> String {
        format!("cc1 {self}")
    }

    /// The placeholder that a loader leaves where it found nothing.
    pub(crate) fn lease(self) -> Vec<u8> {
        [FORMAT, &self.0.0, LEASE].concat()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The random generation of a group, which its marker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(super) Digits);

impl Token {
    /// A new token.
    pub(crate) fn drawn(draws: &mut Draws) -> Result<Self, getrandom::Error> {
        draws.next().map(Self)
    }

    /// What a marker that has it holds.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0.0
    }

    /// The token a marker holds; `None` for anything else.
    pub(crate) fn read(marker: &[u8]) -> Option<Self> {
        Digits::read(marker).map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
