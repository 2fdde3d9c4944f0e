//! A serializer around another one: passes everything on, and refuses what JSON would not carry back.

mod map_key;

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{self, Error, Serialize, Serializer};

use map_key::{KeyValue, Kind};

/// `serde_json` reads no deeper. Written deeper, a value would be stored again at each call and never read.
const DEPTH: u8 = 127;

pub(super) const NOT_FINITE: &str = "a float that is not finite";
pub(super) const SOME_NULL: &str = "`Some` of something that prints `null`";
pub(super) const TOO_DEEP: &str = "a value nested deeper than 127 levels";
pub(super) const NO_TEXT_KEY: &str = "a map whose keys are not strings, integers, bools or chars";
pub(super) const MIXED_KEYS: &str = "a map whose keys are of several kinds";

/// What was found while one value was written.
pub(super) struct Check {
    fault: Cell<Option<&'static str>>,
    /// Text of more bytes is refused before it is looked at.
    limit: usize,
    too_large: Cell<bool>,
}

impl Check {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            fault: Cell::new(None),
            limit,
            too_large: Cell::new(false),
        }
    }

    /// Writes `value` to `json`.
    pub(super) fn serialize<T: Serialize + ?Sized, S: Serializer>(
        &self,
        value: &T,
        json: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(Checked {
            inner: json,
            check: self,
            depth: DEPTH,
            in_some: false,
        })
    }

    /// What JSON would not carry back, if there was something.
    pub(super) fn fault(&self) -> Option<&'static str> {
        self.fault.get()
    }

    /// Whether a text alone was over the limit.
    pub(super) fn is_too_large(&self) -> bool {
        self.too_large.get()
    }

    fn refuse<T, E: Error>(&self, what: &'static str) -> Result<T, E> {
        self.fault.set(Some(what));
        Err(E::custom(what))
    }
}

struct Checked<'a, S> {
    inner: S,
    check: &'a Check,
    /// How many more levels of JSON may be opened.
    depth: u8,
    /// Directly inside a `Some`, where `null` would come back as `None`.
    in_some: bool,
}

impl<'a, S: Serializer> Checked<'a, S> {
    fn null(&self) -> Result<(), S::Error> {
        if self.in_some {
            self.check.refuse(SOME_NULL)
        } else {
            Ok(())
        }
    }

    /// The depth left after opening `levels` of JSON.
    fn open(&self, levels: u8) -> Result<u8, S::Error> {
        match self.depth.checked_sub(levels) {
            Some(depth) => Ok(depth),
            None => self.check.refuse(TOO_DEEP),
        }
    }

    fn inside<'v, T: ?Sized>(&self, value: &'v T, depth: u8, in_some: bool) -> Part<'v, 'a, T> {
        Part {
            value,
            check: self.check,
            depth,
            in_some,
        }
    }
}

/// A value inside the checked one.
struct Part<'v, 'a, T: ?Sized> {
    value: &'v T,
    check: &'a Check,
    depth: u8,
    in_some: bool,
}

impl<T: Serialize + ?Sized> Serialize for Part<'_, '_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let Self {
            check,
            depth,
            in_some,
            ..
        } = *self;
        self.value.serialize(Checked {
            inner,
            check,
            depth,
            in_some,
        })
    }
}

impl<'a, S: Serializer> Serializer for Checked<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Inside<'a, S::SerializeSeq>;
    type SerializeTuple = Inside<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Inside<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Inside<'a, S::SerializeTupleVariant>;
    type SerializeMap = Inside<'a, S::SerializeMap>;
    type SerializeStruct = Inside<'a, S::SerializeStruct>;
    type SerializeStructVariant = Inside<'a, S::SerializeStructVariant>;

    fn serialize_bool(self, value: bool) -> Result<S::Ok, S::Error> {
        self.inner.serialize_bool(value)
    }

    fn serialize_i8(self, value: i8) -> Result<S::Ok, S::Error> {
        self.inner.serialize_i8(value)
    }

    fn serialize_i16(self, value: i16) -> Result<S::Ok, S::Error> {
        self.inner.serialize_i16(value)
    }

    fn serialize_i32(self, value: i32) -> Result<S::Ok, S::Error> {
        self.inner.serialize_i32(value)
    }

    fn serialize_i64(self, value: i64) -> Result<S::Ok, S::Error> {
        self.inner.serialize_i64(value)
    }

    fn serialize_i128(self, value: i128) -> Result<S::Ok, S::Error> {
        self.inner.serialize_i128(value)
    }

    fn serialize_u8(self, value: u8) -> Result<S::Ok, S::Error> {
        self.inner.serialize_u8(value)
    }

    fn serialize_u16(self, value: u16) -> Result<S::Ok, S::Error> {
        self.inner.serialize_u16(value)
    }

    fn serialize_u32(self, value: u32) -> Result<S::Ok, S::Error> {
        self.inner.serialize_u32(value)
    }

    fn serialize_u64(self, value: u64) -> Result<S::Ok, S::Error> {
        self.inner.serialize_u64(value)
    }

    fn serialize_u128(self, value: u128) -> Result<S::Ok, S::Error> {
        self.inner.serialize_u128(value)
    }

    fn serialize_char(self, value: char) -> Result<S::Ok, S::Error> {
        self.inner.serialize_char(value)
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if !value.is_finite() {
            return self.check.refuse(NOT_FINITE);
        }
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if !value.is_finite() {
            return self.check.refuse(NOT_FINITE);
        }
        self.inner.serialize_f64(value)
    }

    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        // The writer would refuse it as well, after all of it was searched for what to escape.
        if value.len() > self.check.limit {
            self.check.too_large.set(true);
            return Err(S::Error::custom("a text over the limit"));
        }
        self.inner.serialize_str(value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        self.open(1)?;
        self.inner.serialize_bytes(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.null()?;
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.inside(value, self.depth, true);
        self.inner.serialize_some(&value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.null()?;
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.null()?;
        self.inner.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.inside(value, self.depth, self.in_some);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.inside(value, self.open(1)?, false);
        self.inner
            .serialize_newtype_variant(name, index, variant, &value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let depth = self.open(1)?;
        Ok(Inside::new(
            self.inner.serialize_seq(length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        let depth = self.open(1)?;
        Ok(Inside::new(
            self.inner.serialize_tuple(length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        let depth = self.open(1)?;
        Ok(Inside::new(
            self.inner.serialize_tuple_struct(name, length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let depth = self.open(2)?;
        Ok(Inside::new(
            self.inner
                .serialize_tuple_variant(name, index, variant, length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let depth = self.open(1)?;
        Ok(Inside::new(
            self.inner.serialize_map(length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let depth = self.open(1)?;
        Ok(Inside::new(
            self.inner.serialize_struct(name, length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let depth = self.open(2)?;
        Ok(Inside::new(
            self.inner
                .serialize_struct_variant(name, index, variant, length)?,
            self.check,
            depth,
        ))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Between the first and the last value of something that holds several.
struct Inside<'a, C> {
    inner: C,
    check: &'a Check,
    depth: u8,
    /// What the keys seen so far are, in a map.
    keys: Cell<Option<Kind>>,
}

impl<'a, C> Inside<'a, C> {
    fn new(inner: C, check: &'a Check, depth: u8) -> Self {
        Self {
            inner,
            check,
            depth,
            keys: Cell::new(None),
        }
    }

    fn value<'v, T: ?Sized>(&self, value: &'v T) -> Part<'v, 'a, T> {
        Part {
            value,
            check: self.check,
            depth: self.depth,
            in_some: false,
        }
    }
}

impl<C: ser::SerializeSeq> ser::SerializeSeq for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_element(&value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

impl<C: ser::SerializeTuple> ser::SerializeTuple for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_element(&value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

impl<C: ser::SerializeTupleStruct> ser::SerializeTupleStruct for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_field(&value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

impl<C: ser::SerializeTupleVariant> ser::SerializeTupleVariant for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_field(&value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

impl<C: ser::SerializeStruct> ser::SerializeStruct for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_field(name, &value)
    }

    fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
        self.inner.skip_field(name)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

impl<C: ser::SerializeStructVariant> ser::SerializeStructVariant for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_field(name, &value)
    }

    fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
        self.inner.skip_field(name)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

impl<C: ser::SerializeMap> ser::SerializeMap for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(&KeyValue {
            key,
            check: self.check,
            keys: &self.keys,
        })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.value(value);
        self.inner.serialize_value(&value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}
