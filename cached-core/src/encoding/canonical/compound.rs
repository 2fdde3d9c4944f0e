//! What holds several values: lists, structs and variants in their order, maps sorted.

use serde::ser::{self, Serialize};

use super::{EncodeError, append_str, serializer::Encoder, sorted::Entries, tag};

/// Everything that keeps its order: sequences, tuples, structs and variants of their shapes.
pub(super) struct List<'a> {
    pub(super) inside: Encoder<'a>,
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
pub(super) struct Map<'a> {
    pub(super) inside: Encoder<'a>,
    pub(super) entries: Entries,
    /// Where the entry begins and its value begins, between key and value.
    pub(super) open: Option<(usize, usize)>,
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
