//! What lies at an entry's key: a readable header line and the value as JSON, or a lease.
//!
//! ```text
//! cc1 <id> E <check sum> <outcome> <ttl> <stale> <identity> [<token>[@<identity>]]…
//! {"the":"value"}
//! ```
//!
//! | field | written as |
//! |---|---|
//! | `cc1` | this format; other beginnings are not ours |
//! | id | 32 hex digits, random: what a store compares before it sets |
//! | check sum | 8 hex digits: CRC-32 of all other bytes, so that no damaged entry is ever read as another one |
//! | outcome | `v` a value, `n` `None`, `e` an error |
//! | ttl, stale | milliseconds: how long fresh, and how much longer it may be served stale |
//! | identity | 16 hex digits of the server's run id, or `-` |
//! | token | 32 hex digits for each group of the entry, and the identity of the server that holds its marker, if that is another one |
//!
//! A lease is `cc1 <id> L` and nothing else. Every number is written one way only; hex digits are small.

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

/// How many bytes a lease has: enough of anything to tell its id.
pub(crate) const LEASE_LENGTH: usize = 38;

/// How many digits a check sum has.
const SUM: usize = 8;

/// One for each group of an entry, in their order.
pub(crate) type PerGroup<T> = SmallVec<[T; 6]>;

/// The marker of a group, as the run of a server showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Marker {
    pub(crate) token: Token,
    pub(crate) identity: Option<Identity>,
}

/// Which run of which server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64);

impl Identity {
    /// The identity of the server with this run id.
    pub(crate) fn of_run(run_id: &str) -> Self {
        let [first, ..] = halves(digest(run_id.as_bytes()));
        Self(first)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a load came to.
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

    fn read(field: &[u8]) -> Option<Self> {
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
    /// Those of its groups, as they were before its load began.
    pub(crate) markers: PerGroup<Marker>,
}

/// An entry as it was found. Its markers are read when they are asked for.
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
    /// Those of its groups, as they were before its load began; `None` in the place of one that is none. Whether a
    /// token is one is left to [`header`](Self::header): what is none is equal to none.
    pub(crate) fn markers(&self) -> impl Iterator<Item = Option<Marker>> + use<'a> {
        let (mut rest, usual) = (self.markers, self.identity);
        std::iter::from_fn(move || {
            let after = rest.strip_prefix(b" ")?;
            if let Some((token, next)) = after.split_first_chunk()
                && matches!(next, [] | [b' ', ..])
            {
                rest = next;
                // Nearly always, and then nothing has to be searched.
                return Some(Some(Marker {
                    token: Token(Digits(*token)),
                    identity: usual,
                }));
            }
            let field;
            (field, rest) = split_field(after);
            Some(read_marker(field, usual))
        })
    }

    /// All of it but its value, if every marker is one.
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

/// What lies at an entry's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stored<'a> {
    Entry(Entry<'a>),
    /// The placeholder of a loader.
    Lease(Id),
    /// Nothing of ours: never to be written over.
    Foreign,
    /// Ours, but not as it was written. With a readable id it can be replaced.
    Damaged(Option<Id>),
}

/// The bytes of an entry whose value is what `body` writes, if they are at most `limit`.
pub(crate) fn render(
    header: &Header,
    body: impl FnOnce(&mut Sink) -> Result<(), Unstorable>,
    limit: usize,
) -> Result<Vec<u8>, Unstorable> {
    // Enough for most values as well: what grows is copied.
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
    let _ = write_rest(&mut line, header);
    if line.len() > limit {
        return Err(Unstorable::TooLarge { limit });
    }
    let mut sink = Sink::after(line.into_bytes(), limit);
    body(&mut sink)?;
    let mut bytes = sink.into_bytes();
    if let Some((before, rest)) = bytes.split_at_mut_checked(sum_at)
        && let Some((place, after)) = rest.split_at_mut_checked(SUM)
    {
        place.copy_from_slice(format!("{:08x}", sum(before, after)).as_bytes());
    }
    Ok(bytes)
}

/// Everything after the `E`, with a check sum of zero.
fn write_rest(line: &mut String, header: &Header) -> fmt::Result {
    let (ttl, stale) = (milliseconds(header.ttl), milliseconds(header.stale));
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

/// Says what `bytes`, found at an entry's key, are. Whatever they are, they are taken no further than they prove.
pub(crate) fn read(bytes: &[u8]) -> Stored<'_> {
    let Some(rest) = bytes.strip_prefix(FORMAT) else {
        return Stored::Foreign;
    };
    let Some((id, rest)) = rest.split_at_checked(32) else {
        return Stored::Damaged(None);
    };
    let Some(id) = Digits::read(id).map(Id) else {
        return Stored::Damaged(None);
    };
    if rest == LEASE {
        return Stored::Lease(id);
    }
    match read_entry(id, bytes, rest) {
        Some(entry) => Stored::Entry(entry),
        None => Stored::Damaged(Some(id)),
    }
}

/// The id of what `bytes` are, if they are ours.
pub(crate) fn id_of(bytes: &[u8]) -> Option<Id> {
    let id = bytes.strip_prefix(FORMAT)?.get(..32)?;
    Digits::read(id).map(Id)
}

/// `rest` is what follows the id in `bytes`.
fn read_entry<'a>(id: Id, bytes: &'a [u8], rest: &'a [u8]) -> Option<Entry<'a>> {
    let rest = rest.strip_prefix(ENTRY)?;
    let before = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
    let (expected, rest) = rest.split_at_checked(SUM)?;
    if hex::parse(expected, SUM)? != u128::from(sum(before, rest)) {
        return None;
    }
    let (line, body) = rest.split_at_checked(memchr::memchr(b'\n', rest)?)?;
    let (outcome, rest) = split_field(line.strip_prefix(b" ")?);
    let (ttl, rest) = split_field(rest.strip_prefix(b" ")?);
    let (stale, rest) = split_field(rest.strip_prefix(b" ")?);
    let (identity, markers) = split_field(rest.strip_prefix(b" ")?);
    Some(Entry {
        id,
        outcome: Outcome::read(outcome)?,
        ttl: read_duration(ttl)?,
        stale: read_duration(stale)?,
        identity: read_identity(identity)?,
        markers,
        body: body.strip_prefix(b"\n")?,
    })
}

/// What comes before the next space, and the rest with that space.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ');
    line.split_at(end.unwrap_or(line.len()))
}

/// `usual` is the identity of a marker that is written without one.
fn read_marker(field: &[u8], usual: Option<Identity>) -> Option<Marker> {
    let (token, rest) = field.split_at_checked(32)?;
    let identity = match rest.strip_prefix(b"@") {
        None if rest.is_empty() => usual,
        None => return None,
        Some(identity) => Some(read_identity(identity)?).filter(|identity| *identity != usual)?,
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
fn read_identity(field: &[u8]) -> Option<Option<Identity>> {
    if field == b"-" {
        return Some(None);
    }
    let [_, identity] = halves(hex::parse(field, 16)?);
    Some(Some(Identity(identity)))
}

fn read_duration(field: &[u8]) -> Option<Duration> {
    let mut milliseconds = 0_u64;
    for byte in field {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        milliseconds = milliseconds.checked_mul(10)?.checked_add(digit.into())?;
    }
    let is_canonical = !matches!(field, [] | [b'0', _, ..]);
    is_canonical.then(|| Duration::from_millis(milliseconds))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn sum(before: &[u8], after: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(before);
    hasher.update(after);
    hasher.finalize()
}

/// The upper and the lower 64 bits.
fn halves(number: u128) -> [u64; 2] {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    [half(number >> 64), half(number)]
}

#[cfg(test)]
mod tests;
