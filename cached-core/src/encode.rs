//! Canonical bytes of key arguments: a [`serde::Serializer`] of our own.
//!
//! Two values have the same bytes exactly when they make the same serde calls, apart from the order of map entries and
//! from length hints. Each value is a tag followed by its content; lengths are 32 bits, numbers little-endian, and what
//! holds other values ends with [`tag::END`], so no encoding is the beginning of another. Names of types, fields and
//! variants are part of it: serde shows them, and an untagged enum of unit structs differs in nothing else.
//!
//! The bytes go into the digest of a key. Changing one is a new [format version](crate::key).

mod material;
mod scalar;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write};

use serde::ser::{self, Serialize};
use smallvec::SmallVec;

pub(crate) use material::Material;
pub(crate) use scalar::{Scalar, scalar};

/// Values nested deeper are refused, long before the stack ends.
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
    /// A set that is itself a parameter: serde has no such call.
    pub(super) const SET: u8 = 0x50;
    /// The name of a type parameter.
    pub(super) const TYPE: u8 = 0x51;
}

/// Why a value cannot be part of a key. Holds nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncodeError {
    TooDeep,
    TooLarge,
    /// The value's own `Serialize` failed, or broke serde's rules.
    Refused,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => write!(f, "nested deeper than {DEPTH} levels"),
            Self::TooLarge => write!(f, "longer than {} bytes", material::LONGEST),
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
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Material,
) -> Result<(), EncodeError> {
    whole(out, |out| value.serialize(Encoder::new(out)))
}

/// Appends the encoding of a set: the same whatever the order of `values`. On an error `out` is as it was.
pub(crate) fn encode_set<'a, T: Serialize + 'a>(
    values: impl IntoIterator<Item = &'a T>,
    out: &mut Material,
) -> Result<(), EncodeError> {
    whole(out, |out| {
        out.append(&[tag::SET])?;
        let mut entries = Entries::new(out);
        for value in values {
            let start = out.len();
            let mut encoder = Encoder::new(out);
            encoder.depth = DEPTH.saturating_sub(1);
            value.serialize(encoder)?;
            entries.close(start, out.len(), out);
        }
        entries.sort(out)?;
        out.append(&[tag::END])
    })
}

/// Appends the name of a type parameter, which is no value: no string argument has these bytes.
pub(crate) fn encode_type(name: &str, out: &mut Material) -> Result<(), EncodeError> {
    whole(out, |out| {
        out.append(&[tag::TYPE])?;
        append_str(out, name)
    })
}

fn whole(
    out: &mut Material,
    write: impl FnOnce(&mut Material) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let result = write(out);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn append_str(out: &mut Material, text: &str) -> Result<(), EncodeError> {
    append_bytes(out, text.as_bytes())
}

fn append_bytes(out: &mut Material, bytes: &[u8]) -> Result<(), EncodeError> {
    out.append(&length(bytes.len())?)?;
    out.append(bytes)
}

fn length(bytes: usize) -> Result<[u8; 4], EncodeError> {
    u32::try_from(bytes)
        .map(u32::to_le_bytes)
        .map_err(|_| EncodeError::TooLarge)
}

/// Runs `write` and puts the number of bytes it appended, 32 bits, in front of them.
///
/// On an error the caller truncates `out`.
pub(crate) fn measured(
    out: &mut Material,
    write: impl FnOnce(&mut Material) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.append(&[0; 4])?;
    let content = out.len();
    write(out)?;
    let written = length(out.len().saturating_sub(content))?;
    out.overwrite(start, &written);
    Ok(())
}

struct Encoder<'a> {
    out: &'a mut Material,
    depth: u8,
}

impl<'a> Encoder<'a> {
    fn new(out: &'a mut Material) -> Self {
        Self { out, depth: DEPTH }
    }

    fn scalar<const N: usize>(self, tag: u8, bytes: [u8; N]) -> Result<(), EncodeError> {
        self.out.append(&[tag])?;
        self.out.append(&bytes)
    }

    fn variant(&mut self, name: &str, index: u32, variant: &str) -> Result<(), EncodeError> {
        append_str(self.out, name)?;
        self.out.append(&index.to_le_bytes())?;
        append_str(self.out, variant)
    }

    /// The encoder of what is inside this value.
    fn inside(self) -> Result<Self, EncodeError> {
        let depth = self.depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        Ok(Self {
            out: self.out,
            depth,
        })
    }

    fn list(self, tag: u8) -> Result<List<'a>, EncodeError> {
        self.out.append(&[tag])?;
        Ok(List {
            inside: self.inside()?,
        })
    }

    fn named_list(self, tag: u8, name: &str) -> Result<List<'a>, EncodeError> {
        self.out.append(&[tag])?;
        append_str(self.out, name)?;
        Ok(List {
            inside: self.inside()?,
        })
    }

    fn variant_list(
        mut self,
        tag: u8,
        name: &str,
        index: u32,
        variant: &str,
    ) -> Result<List<'a>, EncodeError> {
        self.out.append(&[tag])?;
        self.variant(name, index, variant)?;
        Ok(List {
            inside: self.inside()?,
        })
    }
}

impl<'a> ser::Serializer for Encoder<'a> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Map<'a>;
    type SerializeStruct = List<'a>;
    type SerializeStructVariant = List<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.out
            .append(&[if value { tag::TRUE } else { tag::FALSE }])
    }

    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.scalar(tag::I8, value.to_le_bytes())
    }

    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.scalar(tag::I16, value.to_le_bytes())
    }

    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.scalar(tag::I32, value.to_le_bytes())
    }

    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        self.scalar(tag::I64, value.to_le_bytes())
    }

    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        self.scalar(tag::I128, value.to_le_bytes())
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.scalar(tag::U8, value.to_le_bytes())
    }

    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.scalar(tag::U16, value.to_le_bytes())
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.scalar(tag::U32, value.to_le_bytes())
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        self.scalar(tag::U64, value.to_le_bytes())
    }

    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        self.scalar(tag::U128, value.to_le_bytes())
    }

    // The bits, not the value: 0.0 and -0.0 are two calls, and so are two kinds of NaN, which may miss but not collide.
    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.scalar(tag::F32, value.to_bits().to_le_bytes())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        self.scalar(tag::F64, value.to_bits().to_le_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.scalar(tag::CHAR, u32::from(value).to_le_bytes())
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.out.append(&[tag::STR])?;
        append_str(self.out, value)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.out.append(&[tag::STR])?;
        measured(self.out, |out| {
            let mut writer = Writer {
                out,
                error: EncodeError::Refused,
            };
            write!(writer, "{value}").map_err(|_| writer.error)
        })
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.out.append(&[tag::BYTES])?;
        append_bytes(self.out, value)
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.out.append(&[tag::NONE])
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.out.append(&[tag::SOME])?;
        value.serialize(self.inside()?)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.out.append(&[tag::UNIT])
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), EncodeError> {
        self.out.append(&[tag::UNIT_STRUCT])?;
        append_str(self.out, name)
    }

    fn serialize_unit_variant(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.out.append(&[tag::UNIT_VARIANT])?;
        self.variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.out.append(&[tag::NEWTYPE_STRUCT])?;
        append_str(self.out, name)?;
        value.serialize(self.inside()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.out.append(&[tag::NEWTYPE_VARIANT])?;
        self.variant(name, index, variant)?;
        value.serialize(self.inside()?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, EncodeError> {
        self.list(tag::SEQ)
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, EncodeError> {
        self.list(tag::TUPLE)
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<List<'a>, EncodeError> {
        self.named_list(tag::TUPLE_STRUCT, name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, EncodeError> {
        self.variant_list(tag::TUPLE_VARIANT, name, index, variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'a>, EncodeError> {
        self.out.append(&[tag::MAP])?;
        let entries = Entries::new(self.out);
        Ok(Map {
            inside: self.inside()?,
            entries,
            open: None,
        })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<List<'a>, EncodeError> {
        self.named_list(tag::STRUCT, name)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, EncodeError> {
        self.variant_list(tag::STRUCT_VARIANT, name, index, variant)
    }
}

/// What `collect_str` prints, straight into the material.
struct Writer<'a> {
    out: &'a mut Material,
    error: EncodeError,
}

impl Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.append(text.as_bytes()).map_err(|error| {
            self.error = error;
            fmt::Error
        })
    }
}

/// Everything that keeps its order: sequences, tuples, structs and variants of their shapes.
struct List<'a> {
    inside: Encoder<'a>,
}

impl List<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(Encoder {
            out: self.inside.out,
            depth: self.inside.depth,
        })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        self.inside.out.append(&[tag::FIELD])?;
        append_str(self.inside.out, name)?;
        self.element(value)
    }

    fn close(self) -> Result<(), EncodeError> {
        self.inside.out.append(&[tag::END])
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeTupleVariant for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeStruct for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeStructVariant for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

/// A map: written as it comes, sorted by encoded key at the end.
struct Map<'a> {
    inside: Encoder<'a>,
    entries: Entries,
    /// Where the entry begins and its value begins, between key and value.
    open: Option<(usize, usize)>,
}

impl ser::SerializeMap for Map<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        if self.open.is_some() {
            return Err(EncodeError::Refused);
        }
        let start = self.inside.out.len();
        key.serialize(Encoder {
            out: self.inside.out,
            depth: self.inside.depth,
        })?;
        self.open = Some((start, self.inside.out.len()));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let (start, key_end) = self.open.take().ok_or(EncodeError::Refused)?;
        value.serialize(Encoder {
            out: self.inside.out,
            depth: self.inside.depth,
        })?;
        self.entries.close(start, key_end, self.inside.out);
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        if self.open.is_some() {
            return Err(EncodeError::Refused);
        }
        self.entries.sort(self.inside.out)?;
        self.inside.out.append(&[tag::END])
    }
}

/// Where the entries of one map or set lie.
struct Entries {
    start: usize,
    found: SmallVec<[Entry; 8]>,
}

struct Entry {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Entries {
    fn new(out: &Material) -> Self {
        Self {
            start: out.len(),
            found: SmallVec::new(),
        }
    }

    fn close(&mut self, start: usize, key_end: usize, out: &Material) {
        self.found.push(Entry {
            start,
            key_end,
            end: out.len(),
        });
    }

    /// Puts the entries in the order of their keys. Entries of equal keys, which only a hand-written `Serialize`
    /// makes, keep theirs.
    fn sort(mut self, out: &mut Material) -> Result<(), EncodeError> {
        let bytes: &[u8] = out;
        let key = |entry: &Entry| bytes.get(entry.start..entry.key_end).unwrap_or_default();
        if self.found.is_sorted_by(|a, b| key(a) <= key(b)) {
            return Ok(());
        }
        self.found.sort_by(|a, b| key(a).cmp(key(b)));
        let mut sorted = Vec::with_capacity(bytes.len().saturating_sub(self.start));
        for entry in &self.found {
            sorted.extend_from_slice(bytes.get(entry.start..entry.end).unwrap_or_default());
        }
        out.truncate(self.start);
        out.append(&sorted)
    }
}
