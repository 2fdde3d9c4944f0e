//! Serializers of values that hold several: [`List`] keeps their order, [`Map`] sorts them.

use serde::ser::{self, Serialize};

use super::{EncodeError, append_str, serializer::Encoder, sorted::Entries, tag};

/// Serializer of everything that keeps its order: sequences, tuples, structs, and variants that look like them.
pub(super) struct List<'a> {
    pub(super) nested: Encoder<'a>,
}

impl List<'_> {
    fn append_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(Encoder {
            out: self.nested.out,
            depth: self.nested.depth,
        })
    }

    fn append_field<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.nested.out.append(&[tag::FIELD])?;
        append_str(self.nested.out, name)?;
        self.append_element(value)
    }

    fn append_end(self) -> Result<(), EncodeError> {
        self.nested.out.append(&[tag::END])
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.append_element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.append_end()
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.append_element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.append_end()
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.append_element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.append_end()
    }
}

impl ser::SerializeTupleVariant for List<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.append_element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.append_end()
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
        self.append_field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.append_end()
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
        self.append_field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.append_end()
    }
}

/// Serializer of a map: written as it comes, sorted by encoded key at the end.
pub(super) struct Map<'a> {
    pub(super) nested: Encoder<'a>,
    pub(super) entries: Entries,
    /// Start of an entry and of its value, while only its key is written.
    pub(super) half_entry: Option<(usize, usize)>,
}

impl ser::SerializeMap for Map<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        if self.half_entry.is_some() {
            return Err(EncodeError::Refused);
        }
        let start = self.nested.out.len();
        key.serialize(Encoder {
            out: self.nested.out,
            depth: self.nested.depth,
        })?;
        self.half_entry = Some((start, self.nested.out.len()));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let (start, key_end) = self.half_entry.take().ok_or(EncodeError::Refused)?;
        value.serialize(Encoder {
            out: self.nested.out,
            depth: self.nested.depth,
        })?;
        self.entries.push(start, key_end, self.nested.out);
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        if self.half_entry.is_some() {
            return Err(EncodeError::Refused);
        }
        self.entries.sort(self.nested.out)?;
        self.nested.out.append(&[tag::END])
    }
}
