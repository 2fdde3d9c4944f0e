//! Canonical bytes of key arguments, written by a [`serde::Serializer`] of our own.
//!
//! Two values have the same bytes exactly when they make the same serde calls, apart from the order of map entries and
//! from length hints. Each value is a tag followed by its content; lengths are 32 bits, numbers little-endian, and a
//! value that holds others ends with [`tag::END`], so no encoding is the beginning of another. Names of types, fields
//! and variants are part of it: serde shows them, and an untagged enum of unit structs differs in nothing else.
//!
//! The bytes go into the digest of a key. Changing one is a new [format version](crate::key).

mod buffer;
mod compound;
mod scalar;
mod serializer;
mod sorted;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::ser::{self, Serialize};

use serializer::Encoder;
use sorted::Entries;

pub(crate) use buffer::KeyBytes;
pub(crate) use scalar::{Scalar, read_scalar};

/// Levels of nesting that are encoded. Deeper values are refused, long before the stack ends.
const DEPTH: u8 = 128;

/// The first byte of each encoded value.
mod tag {
    pub(super) const END: u8 = 0x00;
    pub(super) const FALSE: u8 = 0x01;
    pub(super) const TRUE: u8 = 0x02;
    pub(super) const I8: u8 = 0x10;
    pub(super) const I16: u8 = 0x11;
    pub(super) const I32: u8 = 0x12;
    pub(super) const I64: u8 = 0x13;
    pub(super) const I128: u8 = 0x14;
    pub(super) const U8: u8 = 0x18;
    pub(super) const U16: u8 = 0x19;
    pub(super) const U32: u8 = 0x1a;
    pub(super) const U64: u8 = 0x1b;
    pub(super) const U128: u8 = 0x1c;
    pub(super) const F32: u8 = 0x20;
    pub(super) const F64: u8 = 0x21;
    pub(super) const CHAR: u8 = 0x22;
    pub(super) const STR: u8 = 0x23;
    pub(super) const BYTES: u8 = 0x24;
    pub(super) const NONE: u8 = 0x30;
    pub(super) const SOME: u8 = 0x31;
    pub(super) const UNIT: u8 = 0x32;
    pub(super) const UNIT_STRUCT: u8 = 0x33;
    pub(super) const UNIT_VARIANT: u8 = 0x34;
    pub(super) const NEWTYPE_STRUCT: u8 = 0x35;
    pub(super) const NEWTYPE_VARIANT: u8 = 0x36;
    pub(super) const SEQ: u8 = 0x40;
    pub(super) const TUPLE: u8 = 0x41;
    pub(super) const TUPLE_STRUCT: u8 = 0x42;
    pub(super) const TUPLE_VARIANT: u8 = 0x43;
    pub(super) const MAP: u8 = 0x44;
    pub(super) const STRUCT: u8 = 0x45;
    pub(super) const STRUCT_VARIANT: u8 = 0x46;
    pub(super) const FIELD: u8 = 0x47;
    /// A set that is itself an argument: serde has no such call.
    pub(super) const SET: u8 = 0x50;
    /// The name of a type parameter.
    pub(super) const TYPE: u8 = 0x51;
}

/// Reason that a value cannot be part of a key. Holds nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncodeError {
    /// Nested too deep.
    TooDeep,
    /// Too many bytes.
    TooLarge,
    /// A failure of the value's own `Serialize`, or a breach of serde's rules.
    Refused,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => write!(f, "nested deeper than {DEPTH} levels"),
            Self::TooLarge => write!(f, "longer than {} bytes", buffer::MAX_LENGTH),
            Self::Refused => f.write_str("its `Serialize` failed"),
        }
    }
}

impl std::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }
}

/// Appends the encoding of `value`. On an error `out` is as it was.
#[inline]
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut KeyBytes,
) -> Result<(), EncodeError> {
    append_whole(out, |out| value.serialize(Encoder::new(out)))
}

/// Appends the encoding of a set: the same whatever the order of `values`. On an error `out` is as it was.
pub(crate) fn encode_set<'a, T: Serialize + 'a>(
    values: impl IntoIterator<Item = &'a T>,
    out: &mut KeyBytes,
) -> Result<(), EncodeError> {
    append_whole(out, |out| {
        out.append(&[tag::SET])?;
        let mut entries = Entries::new(out);
        for value in values {
            let start = out.len();
            value.serialize(Encoder::new(out).descend()?)?;
            entries.push(start, out.len(), out);
        }
        entries.sort(out)?;
        out.append(&[tag::END])
    })
}

/// Appends the name of a type parameter, which is no value: no string argument has these bytes.
pub(crate) fn encode_type(name: &str, out: &mut KeyBytes) -> Result<(), EncodeError> {
    append_whole(out, |out| {
        out.append(&[tag::TYPE])?;
        append_str(out, name)
    })
}

/// Returns `true` if `encoding` is the name of a type parameter.
pub(crate) fn is_type(encoding: &[u8]) -> bool {
    encoding.first() == Some(&tag::TYPE)
}

/// Appends all that `write` does, or nothing.
#[inline]
fn append_whole(
    out: &mut KeyBytes,
    write: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    write(out).inspect_err(|_| out.truncate(start))
}

fn append_str(out: &mut KeyBytes, text: &str) -> Result<(), EncodeError> {
    append_bytes(out, text.as_bytes())
}

fn append_bytes(out: &mut KeyBytes, bytes: &[u8]) -> Result<(), EncodeError> {
    out.append(&length_prefix(bytes.len())?)?;
    out.append(bytes)
}

fn length_prefix(bytes: usize) -> Result<[u8; 4], EncodeError> {
    u32::try_from(bytes)
        .map(u32::to_le_bytes)
        .map_err(|_| EncodeError::TooLarge)
}

/// Appends the number of bytes that `write` appends, 32 bits, and those bytes.
///
/// On an error the caller truncates `out`.
#[inline]
pub(crate) fn append_with_length(
    out: &mut KeyBytes,
    write: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.append(&[0; 4])?;
    write(out)?;
    out.write_length(start)
}
