//! Segments of readable keys: escaped, so that no argument leaves its place, and short.
//!
//! All that a segment holds besides plain text begins with `%`:
//!
//! | written | means |
//! |---|---|
//! | `%3A` | one escaped byte, in capital hex digits |
//! | `%` | the empty text |
//! | `abc%~` and 32 hex digits | a long text: its beginning and its digest |
//! | `%=` and 16 hex digits | an argument that is no scalar: its digest |
//! | `%+` and 32 hex digits | the digest of all segments from here on, where there are too many |
//!
//! So different texts never share a segment, and `%` followed by anything else is free for other uses.

use std::fmt::Write;

use crate::encoding::{
    canonical::{Scalar, read_scalar},
    digest::digest,
    hex,
};

/// Most bytes of a segment that is made from one text.
pub(crate) const MAX_SEGMENT: usize = 128;

/// Bytes of a long text that stay readable: [`MAX_SEGMENT`] less `%~` and the digest.
const READABLE: usize = 94;

/// Appends `text` as one segment.
pub(crate) fn push_text(out: &mut String, text: &str) {
    if text.is_empty() {
        out.push('%');
        return;
    }
    // Nearly every segment is as plain as this.
    if text.len() <= MAX_SEGMENT && text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
    let start = out.len();
    let mut cut = start;
    for char in text.chars() {
        if is_special(char) {
            let mut bytes = [0; 4];
            for byte in char.encode_utf8(&mut bytes).bytes() {
                push_escaped_byte(out, byte);
            }
        } else {
            out.push(char);
        }
        let written = out.len().saturating_sub(start);
        if written <= READABLE {
            cut = out.len();
        } else if written > MAX_SEGMENT {
            out.truncate(cut);
            push_digest(out, "%~", text.as_bytes());
            return;
        }
    }
}

/// Appends one component of key material as one segment: a scalar as text, anything else as a digest.
pub(crate) fn push_component(out: &mut String, encoding: &[u8]) {
    // Writing to a `String` never fails.
    let _ = match read_scalar(encoding) {
        Some(Scalar::Text(text)) => {
            push_text(out, text);
            Ok(())
        }
        Some(Scalar::Char(char)) => {
            push_text(out, char.encode_utf8(&mut [0; 4]));
            Ok(())
        }
        Some(Scalar::Bool(value)) => write!(out, "{value}"),
        Some(Scalar::Signed(value)) => {
            out.push_str(itoa::Buffer::new().format(value));
            Ok(())
        }
        Some(Scalar::Unsigned(value)) => {
            // Numbers of 128 bits are slow to print.
            match u64::try_from(value) {
                Ok(value) => out.push_str(itoa::Buffer::new().format(value)),
                Err(_) => out.push_str(itoa::Buffer::new().format(value)),
            }
            Ok(())
        }
        // Half of a digest: two arguments that share it share a group, never an entry.
        None => write!(out, "%={:016x}", digest(encoding) >> 64),
    };
}

/// Appends one segment that stands for all of `segments`.
pub(crate) fn push_folded<T: AsRef<str>>(out: &mut String, segments: &[T]) {
    let mut buffer = Vec::new();
    for segment in segments {
        let text = segment.as_ref().as_bytes();
        buffer.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        buffer.extend_from_slice(text);
    }
    push_digest(out, "%+", &buffer);
}

fn push_digest(out: &mut String, mark: &str, bytes: &[u8]) {
    out.push_str(mark);
    hex::push(out, digest(bytes));
}

fn push_escaped_byte(out: &mut String, byte: u8) {
    out.push('%');
    for digit in [byte >> 4, byte & 0xf] {
        out.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
    }
}

/// Returns `true` for an ASCII character that stands for itself.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !is_special(char::from(byte))
}

/// Returns `true` for a character that a key must not hold as it is: our own separator and mark, characters that a
/// glob or a terminal would interpret or that nobody sees, and the braces by which a Redis Cluster chooses a node.
///
/// A fixed list, because `char::is_whitespace` follows the Unicode version of the compiler and keys must not.
fn is_special(char: char) -> bool {
    match char {
        '!'..='~' => matches!(char, ':' | '*' | '?' | '[' | ']' | '\\' | '%' | '{' | '}'),
        '\0'..=' '
        | '\u{7f}'..='\u{a0}'
        | '\u{ad}'
        | '\u{1680}'
        | '\u{180e}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}'
        | '\u{3000}'
        | '\u{feff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
