//! The text of a key: readable segments, and for a call the digest of all its arguments.

use smallvec::SmallVec;

use crate::{
    encoding::{digest::digest, escape, hex},
    key::{function::Function, template::Piece},
};

/// The version of everything that decides a key's bytes: encoding, digest, escaping. Part of every digest.
pub(super) const FORMAT: u8 = 1;

/// Where in the material the components, or the text, begin.
const CONTENT: usize = 4;

/// The [`text`](Key::text) of the key whose [`local`](Key::local) bytes these are.
pub(crate) fn text_of(function: impl Into<Option<&'static Function>>, local: &[u8]) -> String {
    let mut text = String::with_capacity(96);
    push_text_of(&mut text, function.into(), local);
    text
}

fn push_text_of(out: &mut String, function: Option<&'static Function>, local: &[u8]) {
    let before = out.len();
    push_segments_of(out, function, local);
    let is_alone = out.len() == before;
    push_digest_of(out, function, local, is_alone);
}

pub(super) fn push_segments_of(
    out: &mut String,
    function: Option<&'static Function>,
    local: &[u8],
) {
    match function {
        Some(function) => render(out, function.prefix_pieces().iter().copied(), local),
        None => out.push_str(&String::from_utf8_lossy(
            local.get(CONTENT..).unwrap_or_default(),
        )),
    }
}

/// A key from text has none.
pub(super) fn push_digest_of(
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

/// Appends what a template reads with the components of `local` filled in.
pub(super) fn render(out: &mut String, pieces: impl IntoIterator<Item = Piece>, local: &[u8]) {
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

/// The digest of a call: over the format version, the function, and every component.
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

/// The encodings of the arguments, in order. Ends at the first byte that is none.
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
