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

use crate::digest::digest;
use crate::hex;
use crate::json::{Sink, Unstorable};

const FORMAT: &[u8] = b"cc1 ";
const ENTRY: &[u8] = b" E ";
const LEASE: &[u8] = b" L";

/// How many bytes a lease has: enough of anything to tell its id.
pub(crate) const LEASE_LENGTH: usize = 38;

/// How many digits a check sum has.
const SUM: usize = 8;

/// The random name of what lies at an entry's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id(u128);

impl Id {
    /// Stands where a store inside the process needs none.
    pub(crate) const NONE: Self = Self(0);

    /// A new id, from the operating system: a generator of the process would repeat itself in a forked or restored one.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        random().map(Self)
    }

    /// How everything with this id begins: the 36 bytes that a store expects.
    pub(crate) fn prefix(self) -> String {
        format!("cc1 {self}")
    }

    /// The placeholder that a loader leaves where it found nothing.
    pub(crate) fn lease(self) -> Vec<u8> {
        let mut bytes = self.prefix().into_bytes();
        bytes.extend_from_slice(LEASE);
        bytes
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The random generation of a group, which its marker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(u128);

impl Token {
    /// A new token, from the operating system, as for [`Id::random`].
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        random().map(Self)
    }

    /// The token a marker holds; `None` for anything else.
    pub(crate) fn read(marker: &[u8]) -> Option<Self> {
        hex::read(marker, 32).map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

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

/// What lies at an entry's key.
#[derive(Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "looked at where it is made, and most of the time an entry"
)]
pub(crate) enum Stored<'a> {
    /// An entry, and its value as JSON.
    Entry(Header, &'a [u8]),
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
    let mut line = header.id.prefix();
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
        write!(line, " {token}")?;
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
    let Some(id) = hex::read(id, 32).map(Id) else {
        return Stored::Damaged(None);
    };
    if rest == LEASE {
        return Stored::Lease(id);
    }
    match read_entry(id, bytes, rest) {
        Some((header, body)) => Stored::Entry(header, body),
        None => Stored::Damaged(Some(id)),
    }
}

/// The id of what `bytes` are, if they are ours.
pub(crate) fn id_of(bytes: &[u8]) -> Option<Id> {
    let id = bytes.strip_prefix(FORMAT)?.get(..32)?;
    hex::read(id, 32).map(Id)
}

/// `rest` is what follows the id in `bytes`.
fn read_entry<'a>(id: Id, bytes: &'a [u8], rest: &'a [u8]) -> Option<(Header, &'a [u8])> {
    let rest = rest.strip_prefix(ENTRY)?;
    let before = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
    let (expected, rest) = rest.split_at_checked(SUM)?;
    if hex::read(expected, SUM)? != u128::from(sum(before, rest)) {
        return None;
    }
    let line_end = memchr::memchr(b'\n', rest)?;
    let (line, body) = rest.split_at_checked(line_end)?;
    let mut fields = line.strip_prefix(b" ")?.split(|byte| *byte == b' ');
    let (outcome, ttl, stale) = (fields.next()?, fields.next()?, fields.next()?);
    let identity = read_identity(fields.next()?)?;
    let header = Header {
        id,
        outcome: Outcome::read(outcome)?,
        ttl: read_duration(ttl)?,
        stale: read_duration(stale)?,
        identity,
        markers: fields
            .map(|field| read_marker(field, identity))
            .collect::<Option<_>>()?,
    };
    Some((header, body.strip_prefix(b"\n")?))
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
    let [_, identity] = halves(hex::read(field, 16)?);
    Some(Some(Identity(identity)))
}

fn read_duration(field: &[u8]) -> Option<Duration> {
    let is_canonical = match field {
        [b'0', _, ..] => false,
        digits => digits.iter().all(u8::is_ascii_digit),
    };
    let written = std::str::from_utf8(field).ok().filter(|_| is_canonical)?;
    written.parse().ok().map(Duration::from_millis)
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

fn random() -> Result<u128, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(u128::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests;
