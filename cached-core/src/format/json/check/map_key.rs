//! Keys of maps, which JSON writes as strings.

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{Impossible, Serialize, Serializer};

use super::{Check, MIXED_KEYS, NO_TEXT_KEY};

/// A kind of map key. All are written as strings, so `1` and `"1"` in one map would come back as one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Text,
    Variant,
    Char,
    Integer,
    Bool,
}

/// A key of a map that is checked as it is serialized.
pub(super) struct CheckedKey<'v, 'a, T: ?Sized> {
    pub(super) key: &'v T,
    pub(super) check: &'a Check,
    pub(super) keys: &'v Cell<Option<KeyKind>>,
}

impl<T: Serialize + ?Sized> Serialize for CheckedKey<'_, '_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.key.serialize(KeySerializer {
            inner,
            check: self.check,
            keys: self.keys,
        })
    }
}

struct KeySerializer<'v, 'a, S> {
    inner: S,
    check: &'a Check,
    keys: &'v Cell<Option<KeyKind>>,
}

impl<S: Serializer> KeySerializer<'_, '_, S> {
    /// Refuses a key of another kind than those before it.
    fn check_kind(&self, kind: KeyKind) -> Result<(), S::Error> {
        if self
            .keys
            .replace(Some(kind))
            .is_some_and(|before| before != kind)
        {
            return self.check.refuse(MIXED_KEYS);
        }
        Ok(())
    }

    fn refuse_key<T>(&self) -> Result<T, S::Error> {
        self.check.refuse(NO_TEXT_KEY)
    }
}

impl<S: Serializer> Serializer for KeySerializer<'_, '_, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = Impossible<S::Ok, S::Error>;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn serialize_bool(self, key: bool) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Bool)?;
        self.inner.serialize_bool(key)
    }

    fn serialize_i8(self, key: i8) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_i8(key)
    }

    fn serialize_i16(self, key: i16) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_i16(key)
    }

    fn serialize_i32(self, key: i32) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_i32(key)
    }

    fn serialize_i64(self, key: i64) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_i64(key)
    }

    fn serialize_i128(self, key: i128) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_i128(key)
    }

    fn serialize_u8(self, key: u8) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_u8(key)
    }

    fn serialize_u16(self, key: u16) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_u16(key)
    }

    fn serialize_u32(self, key: u32) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_u32(key)
    }

    fn serialize_u64(self, key: u64) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_u64(key)
    }

    fn serialize_u128(self, key: u128) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Integer)?;
        self.inner.serialize_u128(key)
    }

    fn serialize_char(self, key: char) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Char)?;
        self.inner.serialize_char(key)
    }

    fn serialize_str(self, key: &str) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Text)?;
        self.inner.serialize_str(key)
    }

    fn collect_str<T: Display + ?Sized>(self, key: &T) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Text)?;
        self.inner.collect_str(key)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.check_kind(KeyKind::Variant)?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        key: &T,
    ) -> Result<S::Ok, S::Error> {
        let key = CheckedKey {
            key,
            check: self.check,
            keys: self.keys,
        };
        self.inner.serialize_newtype_struct(name, &key)
    }

    fn serialize_f32(self, _: f32) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_f64(self, _: f64) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        self.refuse_key()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.refuse_key()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.refuse_key()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.refuse_key()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.refuse_key()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.refuse_key()
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        self.refuse_key()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.refuse_key()
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}
