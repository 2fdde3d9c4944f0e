//! The checking serializer of one value.

use std::fmt::Display;

use serde::ser::{Error, Serialize, Serializer};

use super::{Check, NOT_FINITE, SOME_NULL, TOO_DEEP, compound::CheckedCompound};

/// Serializer around `inner` that refuses what JSON would not carry back.
struct CheckedSerializer<'a, S> {
    inner: S,
    check: &'a Check,
    /// Levels of JSON that may still be opened.
    depth: u8,
    /// True directly inside a `Some`, where `null` would come back as `None`.
    in_some: bool,
}

impl<'a, S: Serializer> CheckedSerializer<'a, S> {
    /// Refuses a `null` that would come back as `None`.
    fn check_null(&self) -> Result<(), S::Error> {
        if self.in_some {
            self.check.refuse(SOME_NULL)
        } else {
            Ok(())
        }
    }

    /// Returns the depth that is left inside `levels` more of JSON.
    fn descend(&self, levels: u8) -> Result<u8, S::Error> {
        match self.depth.checked_sub(levels) {
            Some(depth) => Ok(depth),
            None => self.check.refuse(TOO_DEEP),
        }
    }

    /// Wraps a value inside this one.
    fn wrap<'v, T: ?Sized>(
        &self,
        value: &'v T,
        depth: u8,
        in_some: bool,
    ) -> CheckedValue<'v, 'a, T> {
        CheckedValue {
            value,
            check: self.check,
            depth,
            in_some,
        }
    }
}

/// A value that is checked as it is serialized.
pub(super) struct CheckedValue<'v, 'a, T: ?Sized> {
    pub(super) value: &'v T,
    pub(super) check: &'a Check,
    pub(super) depth: u8,
    pub(super) in_some: bool,
}

impl<T: Serialize + ?Sized> Serialize for CheckedValue<'_, '_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let Self {
            check,
            depth,
            in_some,
            ..
        } = *self;
        self.value.serialize(CheckedSerializer {
            inner,
            check,
            depth,
            in_some,
        })
    }
}

impl<'a, S: Serializer> Serializer for CheckedSerializer<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = CheckedCompound<'a, S::SerializeSeq>;
    type SerializeTuple = CheckedCompound<'a, S::SerializeTuple>;
    type SerializeTupleStruct = CheckedCompound<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = CheckedCompound<'a, S::SerializeTupleVariant>;
    type SerializeMap = CheckedCompound<'a, S::SerializeMap>;
    type SerializeStruct = CheckedCompound<'a, S::SerializeStruct>;
    type SerializeStructVariant = CheckedCompound<'a, S::SerializeStructVariant>;

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
        // The writer would refuse it as well, but only after it had searched all of it for characters to escape.
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
        self.descend(1)?;
        self.inner.serialize_bytes(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.check_null()?;
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.wrap(value, self.depth, true);
        self.inner.serialize_some(&value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.check_null()?;
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.check_null()?;
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
        let value = self.wrap(value, self.depth, self.in_some);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.wrap(value, self.descend(1)?, false);
        self.inner
            .serialize_newtype_variant(name, index, variant, &value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let depth = self.descend(1)?;
        Ok(CheckedCompound::new(
            self.inner.serialize_seq(length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        let depth = self.descend(1)?;
        Ok(CheckedCompound::new(
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
        let depth = self.descend(1)?;
        Ok(CheckedCompound::new(
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
        let depth = self.descend(2)?;
        Ok(CheckedCompound::new(
            self.inner
                .serialize_tuple_variant(name, index, variant, length)?,
            self.check,
            depth,
        ))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let depth = self.descend(1)?;
        Ok(CheckedCompound::new(
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
        let depth = self.descend(1)?;
        Ok(CheckedCompound::new(
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
        let depth = self.descend(2)?;
        Ok(CheckedCompound::new(
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
