//! [`Encoder`]: the serializer that turns each of serde's calls into its bytes.

use std::fmt::{self, Write};

use serde::ser::{self, Serialize};

use super::{
    DEPTH, EncodeError, KeyBytes, append_bytes, append_str, append_with_length,
    compound::{List, Map},
    sorted::Entries,
    tag,
};

/// Serializer of one value.
pub(super) struct Encoder<'a> {
    pub(super) out: &'a mut KeyBytes,
    /// Levels of nesting that are left.
    pub(super) depth: u8,
}

impl<'a> Encoder<'a> {
    #[inline]
    pub(super) fn new(out: &'a mut KeyBytes) -> Self {
        Self { out, depth: DEPTH }
    }

    #[inline]
    fn append_scalar<const N: usize>(self, tag: u8, bytes: [u8; N]) -> Result<(), EncodeError> {
        self.out.append_after(tag, bytes)
    }

    fn append_variant(&mut self, name: &str, index: u32, variant: &str) -> Result<(), EncodeError> {
        append_str(self.out, name)?;
        self.out.append(&index.to_le_bytes())?;
        append_str(self.out, variant)
    }

    /// Returns the encoder of a value inside this one.
    pub(super) fn descend(self) -> Result<Self, EncodeError> {
        let depth = self.depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        Ok(Self {
            out: self.out,
            depth,
        })
    }

    fn begin_list(self, tag: u8) -> Result<List<'a>, EncodeError> {
        self.out.append(&[tag])?;
        Ok(List {
            nested: self.descend()?,
        })
    }

    fn begin_named_list(self, tag: u8, name: &str) -> Result<List<'a>, EncodeError> {
        self.out.append(&[tag])?;
        append_str(self.out, name)?;
        Ok(List {
            nested: self.descend()?,
        })
    }

    fn begin_variant_list(
        mut self,
        tag: u8,
        name: &str,
        index: u32,
        variant: &str,
    ) -> Result<List<'a>, EncodeError> {
        self.out.append(&[tag])?;
        self.append_variant(name, index, variant)?;
        Ok(List {
            nested: self.descend()?,
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

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.out
            .append(&[if value { tag::TRUE } else { tag::FALSE }])
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.append_scalar(tag::I8, value.to_le_bytes())
    }

    #[inline]
    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.append_scalar(tag::I16, value.to_le_bytes())
    }

    #[inline]
    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.append_scalar(tag::I32, value.to_le_bytes())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        self.append_scalar(tag::I64, value.to_le_bytes())
    }

    #[inline]
    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        self.append_scalar(tag::I128, value.to_le_bytes())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.append_scalar(tag::U8, value.to_le_bytes())
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.append_scalar(tag::U16, value.to_le_bytes())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.append_scalar(tag::U32, value.to_le_bytes())
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        self.append_scalar(tag::U64, value.to_le_bytes())
    }

    #[inline]
    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        self.append_scalar(tag::U128, value.to_le_bytes())
    }

    // A float is its bits, not its value: 0.0 and -0.0 are two arguments, and so are two kinds of NaN, which may miss
    // but not collide.
    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.append_scalar(tag::F32, value.to_bits().to_le_bytes())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        self.append_scalar(tag::F64, value.to_bits().to_le_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.append_scalar(tag::CHAR, u32::from(value).to_le_bytes())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.out.append(&[tag::STR])?;
        append_str(self.out, value)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.out.append(&[tag::STR])?;
        append_with_length(self.out, |out| {
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
        value.serialize(self.descend()?)
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
        self.append_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.out.append(&[tag::NEWTYPE_STRUCT])?;
        append_str(self.out, name)?;
        value.serialize(self.descend()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.out.append(&[tag::NEWTYPE_VARIANT])?;
        self.append_variant(name, index, variant)?;
        value.serialize(self.descend()?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, EncodeError> {
        self.begin_list(tag::SEQ)
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, EncodeError> {
        self.begin_list(tag::TUPLE)
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<List<'a>, EncodeError> {
        self.begin_named_list(tag::TUPLE_STRUCT, name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, EncodeError> {
        self.begin_variant_list(tag::TUPLE_VARIANT, name, index, variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'a>, EncodeError> {
        self.out.append(&[tag::MAP])?;
        let entries = Entries::new(self.out);
        Ok(Map {
            nested: self.descend()?,
            entries,
            half_entry: None,
        })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<List<'a>, EncodeError> {
        self.begin_named_list(tag::STRUCT, name)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, EncodeError> {
        self.begin_variant_list(tag::STRUCT_VARIANT, name, index, variant)
    }
}

/// Writer of the text of `collect_str`, straight into the key.
struct Writer<'a> {
    out: &'a mut KeyBytes,
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
