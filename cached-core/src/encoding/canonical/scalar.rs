//! Reads a scalar back from its encoding, for the readable part of a key.

use super::tag;

/// What serde shows as one readable value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Signed(i128),
    Unsigned(u128),
    Char(char),
    Text(&'a str),
}

/// The scalar that `encoding` holds: an integer, a bool, a char, a string, a unit variant, or a newtype or `Some` of
/// these.
///
/// `None` for everything else, also for bytes that are no encoding.
pub(crate) fn scalar(encoding: &[u8]) -> Option<Scalar<'_>> {
    let mut rest = encoding;
    loop {
        let (&first, content) = rest.split_first()?;
        return Some(match first {
            tag::NEWTYPE_STRUCT => {
                (_, rest) = text(content)?;
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
            tag::I8 => Scalar::Signed(i8::from_le_bytes(whole(content)?).into()),
            tag::I16 => Scalar::Signed(i16::from_le_bytes(whole(content)?).into()),
            tag::I32 => Scalar::Signed(i32::from_le_bytes(whole(content)?).into()),
            tag::I64 => Scalar::Signed(i64::from_le_bytes(whole(content)?).into()),
            tag::I128 => Scalar::Signed(i128::from_le_bytes(whole(content)?)),
            tag::U8 => Scalar::Unsigned(u8::from_le_bytes(whole(content)?).into()),
            tag::U16 => Scalar::Unsigned(u16::from_le_bytes(whole(content)?).into()),
            tag::U32 => Scalar::Unsigned(u32::from_le_bytes(whole(content)?).into()),
            tag::U64 => Scalar::Unsigned(u64::from_le_bytes(whole(content)?).into()),
            tag::U128 => Scalar::Unsigned(u128::from_le_bytes(whole(content)?)),
            tag::CHAR => Scalar::Char(char::from_u32(u32::from_le_bytes(whole(content)?))?),
            tag::STR | tag::TYPE => Scalar::Text(text(content)?.0),
            tag::UNIT_VARIANT => {
                let (_, content) = text(content)?;
                let (_, content) = content.split_first_chunk::<4>()?;
                Scalar::Text(text(content)?.0)
            }
            _ => return None,
        });
    }
}

fn whole<const N: usize>(content: &[u8]) -> Option<[u8; N]> {
    content.try_into().ok()
}

fn text(content: &[u8]) -> Option<(&str, &[u8])> {
    let (length, content) = content.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = content.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
