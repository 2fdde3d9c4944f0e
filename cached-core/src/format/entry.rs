//! The bytes at an entry's key: a readable header line and the value as JSON, or a load lease.
//!
//! ```text
//! cc1 <id> E <check sum> <outcome> <ttl> <stale> <identity> [<token>[@<identity>]]…
//! {"the":"value"}
//! ```
//!
//! | field | written as |
//! |---|---|
//! | `cc1` | this format; other beginnings are not ours |
//! | id | 32 hex digits, random: a store compares it before it sets |
//! | check sum | 8 hex digits: CRC-32 of all other bytes, so that no damaged entry is ever read as another one |
//! | outcome | `v` a value, `n` `None`, `e` an error |
//! | ttl, stale | milliseconds for which it is fresh, and for which it may be served stale after that (RFC 5861) |
//! | identity | 16 hex digits of the server's run id, or `-` |
//! | token | 32 hex digits for each group: what its marker held when the load began; and the identity of the marker's server, if another |
//!
//! The marker of a group is a small key with a random token. An invalidation deletes it, and no entry with the old
//! token counts any more.
//!
//! A lease, the right of one loader to fill the key, is `cc1 <id> L` and nothing else. Every number is written one way
//! only; hex digits are lowercase.

use std::fmt::{self, Write};
use std::time::Duration;

use smallvec::SmallVec;

pub(crate) use crate::format::id::{Draws, Id, Token};

use crate::{
    encoding::{digest::digest, hex},
    format::{
        id::{Digits, FORMAT, LEASE},
        json::{Sink, Unstorable},
    },
};

const ENTRY: &[u8] = b" E ";

/// Bytes of a lease, which are enough of anything to tell its id.
pub(crate) const LEASE_LENGTH: usize = 38;

/// Digits of a check sum.
const SUM_DIGITS: usize = 8;

/// One `T` for each group of an entry, in their order.
pub(crate) type PerGroup<T> = SmallVec<[T; 6]>;

/// The marker of a group, as one run of a server showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Marker {
    pub(crate) token: Token,
    pub(crate) identity: Option<Identity>,
}

/// One run of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64);

impl Identity {
    /// Returns the identity of the server with this run id.
    pub(crate) fn of_run(run_id: &str) -> Self {
        let [first, ..] = split_halves(digest(run_id.as_bytes()));
        Self(first)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The kind of result that a load had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Value,
    None,
    Error,
}

impl Outcome {
    fn letter(self) -> char {
        match self {
            Self::Value => 'v',
            Self::None => 'n',
            Self::Error => 'e',
        }
    }

    fn parse(field: &[u8]) -> Option<Self> {
        match field {
            b"v" => Some(Self::Value),
            b"n" => Some(Self::None),
            b"e" => Some(Self::Error),
            _ => None,
        }
    }
}

/// All of an entry but its value. Durations are kept in whole milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: Id,
    pub(crate) outcome: Outcome,
    pub(crate) ttl: Duration,
    pub(crate) stale: Duration,
    pub(crate) identity: Option<Identity>,
    /// The markers of its groups, as they were before its load began.
    pub(crate) markers: PerGroup<Marker>,
}

/// An entry as it was found. Its markers are parsed when they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    id: Id,
    pub(crate) outcome: Outcome,
    pub(crate) ttl: Duration,
    pub(crate) stale: Duration,
    pub(crate) identity: Option<Identity>,
    markers: &'a [u8],
    /// Its value as JSON.
    pub(crate) body: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Returns the markers of its groups, as they were before its load began; `None` in the place of a field that is no
    /// marker. The digits of a token are checked by [`header`](Self::header) alone: a wrong one equals no token.
    pub(crate) fn markers(&self) -> impl Iterator<Item = Option<Marker>> + use<'a> {
        let (mut rest, usual) = (self.markers, self.identity);
        std::iter::from_fn(move || {
            let after = rest.strip_prefix(b" ")?;
            if let Some((token, next)) = after.split_first_chunk()
                && matches!(next, [] | [b' ', ..])
            {
                rest = next;
                // Nearly always there is no identity, and then nothing has to be searched.
                return Some(Some(Marker {
                    token: Token(Digits(*token)),
                    identity: usual,
                }));
            }
            let field;
            (field, rest) = split_field(after);
            Some(parse_marker(field, usual))
        })
    }

    /// Returns all of it but its value; `None` if one of its markers is damaged.
    pub(crate) fn header(&self) -> Option<Header> {
        Some(Header {
            id: self.id,
            outcome: self.outcome,
            ttl: self.ttl,
            stale: self.stale,
            identity: self.identity,
            markers: self
                .markers()
                .map(|marker| marker.filter(|marker| hex::are_digits(&marker.token.0.0)))
                .collect::<Option<_>>()?,
        })
    }
}

/// The meaning of the bytes at an entry's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stored<'a> {
    /// An entry.
    Entry(Entry<'a>),
    /// The lease of a loader.
    Lease(Id),
    /// Bytes that are not ours: never to be overwritten.
    Foreign,
    /// Bytes that are ours, but not as they were written. With a readable id they can be replaced.
    Damaged(Option<Id>),
}

/// Returns the bytes of an entry whose value `body` writes.
///
/// # Errors
///
/// A value that cannot be stored, or bytes over `limit`.
pub(crate) fn render(
    header: &Header,
    body: impl FnOnce(&mut Sink) -> Result<(), Unstorable>,
    limit: usize,
) -> Result<Vec<u8>, Unstorable> {
    // Enough for most values as well, because a buffer that grows is copied.
    let length = header
        .markers
        .len()
        .saturating_mul(64)
        .saturating_add(1_024);
    let mut line = String::with_capacity(length.min(limit));
    line.push_str("cc1 ");
    line.push_str(header.id.0.as_str());
    line.push_str(" E ");
    let sum_at = line.len();
    let _ = write_fields(&mut line, header);
    if line.len() > limit {
        return Err(Unstorable::TooLarge { limit });
    }
    let mut sink = Sink::appending_to(line.into_bytes(), limit);
    body(&mut sink)?;
    let mut bytes = sink.into_bytes();
    if let Some((before, rest)) = bytes.split_at_mut_checked(sum_at)
        && let Some((place, after)) = rest.split_at_mut_checked(SUM_DIGITS)
    {
        place.copy_from_slice(format!("{:08x}", check_sum(before, after)).as_bytes());
    }
    Ok(bytes)
}

/// Writes everything after the `E`, with a check sum of zero.
fn write_fields(line: &mut String, header: &Header) -> fmt::Result {
    let (ttl, stale) = (to_milliseconds(header.ttl), to_milliseconds(header.stale));
    write!(line, "{:08x} {} {ttl} {stale} ", 0, header.outcome.letter())?;
    write_identity(line, header.identity)?;
    for Marker { token, identity } in &header.markers {
        line.push(' ');
        line.push_str(token.0.as_str());
        if *identity != header.identity {
            line.write_char('@')?;
            write_identity(line, *identity)?;
        }
    }
    line.write_char('\n')
}

fn write_identity(line: &mut String, identity: Option<Identity>) -> fmt::Result {
    match identity {
        Some(identity) => write!(line, "{identity}"),
        None => line.write_char('-'),
    }
}

/// Parses `bytes` that were found at an entry's key. Whatever they are, they are trusted no further than they prove.
pub(crate) fn read(bytes: &[u8]) -> Stored<'_> {
    let Some(rest) = bytes.strip_prefix(FORMAT) else {
        return Stored::Foreign;
    };
    let Some((id, rest)) = rest.split_at_checked(32) else {
        return Stored::Damaged(None);
    };
    let Some(id) = Digits::parse(id).map(Id) else {
        return Stored::Damaged(None);
    };
    if rest == LEASE {
        return Stored::Lease(id);
    }
    match parse_entry(id, bytes, rest) {
        Some(entry) => Stored::Entry(entry),
        None => Stored::Damaged(Some(id)),
    }
}

/// Returns the id of an entry or a lease; `None` for bytes that are not ours.
pub(crate) fn id_of(bytes: &[u8]) -> Option<Id> {
    let id = bytes.strip_prefix(FORMAT)?.get(..32)?;
    Digits::parse(id).map(Id)
}

/// Parses an entry, of which `rest` follows the id in `bytes`.
fn parse_entry<'a>(id: Id, bytes: &'a [u8], rest: &'a [u8]) -> Option<Entry<'a>> {
    let rest = rest.strip_prefix(ENTRY)?;
    let before = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
    let (expected, rest) = rest.split_at_checked(SUM_DIGITS)?;
    if hex::parse(expected, SUM_DIGITS)? != u128::from(check_sum(before, rest)) {
        return None;
    }
    let (line, body) = rest.split_at_checked(memchr::memchr(b'\n', rest)?)?;
    let (outcome, rest) = split_field(line.strip_prefix(b" ")?);
    let (ttl, rest) = split_field(rest.strip_prefix(b" ")?);
    let (stale, rest) = split_field(rest.strip_prefix(b" ")?);
    let (identity, markers) = split_field(rest.strip_prefix(b" ")?);
    Some(Entry {
        id,
        outcome: Outcome::parse(outcome)?,
        ttl: parse_duration(ttl)?,
        stale: parse_duration(stale)?,
        identity: parse_identity(identity)?,
        markers,
        body: body.strip_prefix(b"\n")?,
    })
}

/// Splits `line` before its next space.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ');
    line.split_at(end.unwrap_or(line.len()))
}

/// Parses a marker; one that is written without an identity has `usual`.
fn parse_marker(field: &[u8], usual: Option<Identity>) -> Option<Marker> {
    let (token, rest) = field.split_at_checked(32)?;
    let identity = match rest.strip_prefix(b"@") {
        None if rest.is_empty() => usual,
        None => return None,
        Some(identity) => Some(parse_identity(identity)?).filter(|identity| *identity != usual)?,
    };
    Some(Marker {
        token: Token::read(token)?,
        identity,
    })
}

#[allow(
    clippy::option_option,
    reason = "the outer `None` is a field that is no identity"
)]
fn parse_identity(field: &[u8]) -> Option<Option<Identity>> {
    if field == b"-" {
        return Some(None);
    }
    let [_, identity] = split_halves(hex::parse(field, 16)?);
    Some(Some(Identity(identity)))
}

fn parse_duration(field: &[u8]) -> Option<Duration> {
    let mut milliseconds = 0_u64;
    for byte in field {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        milliseconds = milliseconds.checked_mul(10)?.checked_add(digit.into())?;
    }
    let is_canonical = !matches!(field, [] | [b'0', _, ..]);
    is_canonical.then(|| Duration::from_millis(milliseconds))
}

fn to_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn check_sum(before: &[u8], after: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(before);
    hasher.update(after);
    hasher.finalize()
}

/// Splits `number` into its upper and its lower 64 bits.
fn split_halves(number: u128) -> [u64; 2] {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    [half(number >> 64), half(number)]
}

#[cfg(test)]
mod tests;
