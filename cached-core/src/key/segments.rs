//! Segments of keys that are made from text.

use crate::encoding::escape;

/// Most segments of a key from text: each beginning is a group, and a read asks for the markers of all.
pub(super) const MAX_SEGMENTS: usize = 32;

/// Joins `segments`, escaped, to the text of a key. If there are more than [`MAX_SEGMENTS`], the last one written is
/// the digest of all that are left.
pub(super) fn join_escaped(segments: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    let mut segments = segments.into_iter();
    for segment in segments.by_ref().take(MAX_SEGMENTS.saturating_sub(1)) {
        push_separator(&mut text);
        escape::push_text(&mut text, segment.as_ref());
    }
    let rest: Vec<_> = segments.collect();
    match rest.as_slice() {
        [] if text.is_empty() => escape::push_text(&mut text, ""),
        [] => {}
        [last] => {
            push_separator(&mut text);
            escape::push_text(&mut text, last.as_ref());
        }
        rest => {
            push_separator(&mut text);
            escape::push_folded(&mut text, rest);
        }
    }
    text
}

fn push_separator(text: &mut String) {
    if !text.is_empty() {
        text.push(':');
    }
}

/// Returns `true` if `text` ends like the key of a call, in a digest, but for empty segments after it.
///
/// A key from text then gets one more empty segment, so that it never names the entry of a call, whatever its author
/// knows about digests.
pub(super) fn looks_like_a_call(text: &str) -> bool {
    let mut segments = text.rsplit(':').skip_while(|segment| *segment == "%");
    segments.next().is_some_and(|last| {
        last.len() == 32
            && last
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}
