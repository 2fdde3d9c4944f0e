//! Scalars read back from their encoding, for the readable part of a key.

use super::tag;

/// A value that serde shows as one readable thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Signed(i128),
    Unsigned(u128),
    Char(char),
    Text(&'a str),
}

/// Returns the scalar that `encoding` holds: an integer, a bool, a char, a string, a unit variant, or a newtype or
/// `Some` of these.
///
/// `None` for everything else, also for bytes that are no encoding.
pub(crate) fn read_scalar(encoding: &[u8]) -> Option<Scalar<'_>> {
    let mut rest = encoding;
    loop {
        let (&first, content) = rest.split_first()?;
        return Some(match first {
            tag::NEWTYPE_STRUCT => {
                (_, rest) = read_text(content)?;
                continue;
            }
            // Both show the same, so that `Some(42)` invalidates what was cached for `42`; keys are told apart
            // by their digest.
            tag::SOME => {
                rest = content;
                continue;
            }
            tag::FALSE => Scalar::Bool(false),
            tag::TRUE => Scalar::Bool(true),
            tag::I8 => Scalar::Signed(i8::from_le_bytes(read_array(content)?).into()),
            tag::I16 => Scalar::Signed(i16::from_le_bytes(read_array(content)?).into()),
            tag::I32 => Scalar::Signed(i32::from_le_bytes(read_array(content)?).into()),
            tag::I64 => Scalar::Signed(i64::from_le_bytes(read_array(content)?).into()),
            tag::I128 => Scalar::Signed(i128::from_le_bytes(read_array(content)?)),
            tag::U8 => Scalar::Unsigned(u8::from_le_bytes(read_array(content)?).into()),
            tag::U16 => Scalar::Unsigned(u16::from_le_bytes(read_array(content)?).into()),
            tag::U32 => Scalar::Unsigned(u32::from_le_bytes(read_array(content)?).into()),
            tag::U64 => Scalar::Unsigned(u64::from_le_bytes(read_array(content)?).into()),
            tag::U128 => Scalar::Unsigned(u128::from_le_bytes(read_array(content)?)),
            tag::CHAR => Scalar::Char(char::from_u32(u32::from_le_bytes(read_array(content)?))?),
            tag::STR | tag::TYPE => Scalar::Text(read_text(content)?.0),
            tag::UNIT_VARIANT => {
                let (_, content) = read_text(content)?;
                let (_, content) = content.split_first_chunk::<4>()?;
                Scalar::Text(read_text(content)?.0)
            }
            _ => return None,
        });
    }
}

fn read_array<const N: usize>(content: &[u8]) -> Option<[u8; N]> {
    content.try_into().ok()
}

fn read_text(content: &[u8]) -> Option<(&str, &[u8])> {
    let (length, content) = content.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = content.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
