//! The text of a key: readable segments, and for a call the digest of all its arguments.

use smallvec::SmallVec;

use crate::{
    encoding::{digest::digest, escape, hex},
    key::{function::Function, template::Piece},
};

/// The version of everything that decides a key's bytes: encoding, digest, escaping. It is part of every digest.
pub(super) const FORMAT: u8 = 1;

/// Position in the material at which the components, or the text, begin.
const CONTENT: usize = 4;

/// Returns the text of the key that has these [`local`](crate::key::Key::local) bytes.
pub(crate) fn text_of(function: impl Into<Option<&'static Function>>, local: &[u8]) -> String {
    let mut text = String::with_capacity(96);
    push_text(&mut text, function.into(), local);
    text
}

fn push_text(out: &mut String, function: Option<&'static Function>, local: &[u8]) {
    let before = out.len();
    push_segments(out, function, local);
    let is_alone = out.len() == before;
    push_digest(out, function, local, is_alone);
}

/// Appends the readable segments.
pub(super) fn push_segments(out: &mut String, function: Option<&'static Function>, local: &[u8]) {
    match function {
        Some(function) => render_template(out, function.prefix_pieces().iter().copied(), local),
        None => out.push_str(&String::from_utf8_lossy(
            local.get(CONTENT..).unwrap_or_default(),
        )),
    }
}

/// Appends the digest of a call; a key from text has none.
pub(super) fn push_digest(
    out: &mut String,
    function: Option<&'static Function>,
    local: &[u8],
    is_alone: bool,
) {
    if let Some(function) = function {
        if !is_alone {
            out.push(':');
        }
        hex::push(out, digest_of(function.identity(), local));
    }
}

/// Appends a template, with the components of `local` filled in.
pub(super) fn render_template(
    out: &mut String,
    pieces: impl IntoIterator<Item = Piece>,
    local: &[u8],
) {
    for piece in pieces {
        match piece {
            Piece::Text(piece) => out.push_str(piece),
            Piece::Component(index) => match components(local).nth(index) {
                Some(component) => escape::push_component(out, component),
                None => escape::push_text(out, ""),
            },
        }
    }
}

/// Returns the digest of a call, over the format version, the function and every component.
pub(super) fn digest_of(identity: &[u8], local: &[u8]) -> u128 {
    let components = local.get(CONTENT..).unwrap_or_default();
    let mut buffer: SmallVec<[u8; 512]> = SmallVec::new();
    buffer.push(FORMAT);
    buffer.extend_from_slice(
        &u64::try_from(identity.len())
            .unwrap_or(u64::MAX)
            .to_le_bytes(),
    );
    buffer.extend_from_slice(identity);
    buffer.extend_from_slice(components);
    digest(&buffer)
}

/// Returns the encodings of the arguments, in order, up to the first byte that is none.
pub(super) fn components(local: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = local.get(CONTENT..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, content) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (component, after) = content.split_at_checked(length)?;
        rest = after;
        Some(component)
    })
}
