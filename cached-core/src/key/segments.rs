//! Segments of keys that are made from text.

use crate::encoding::escape;

/// A text key has no more segments: each beginning is a group, and a read looks at all of them.
pub(super) const SEGMENTS: usize = 32;

/// These segments as a key from text spells them, at most [`SEGMENTS`] of them.
pub(super) fn escape(segments: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    let mut segments = segments.into_iter();
    for segment in segments.by_ref().take(SEGMENTS.saturating_sub(1)) {
        separate(&mut text);
        escape::push_text(&mut text, segment.as_ref());
    }
    let rest: Vec<_> = segments.collect();
    match rest.as_slice() {
        [] if text.is_empty() => escape::push_text(&mut text, ""),
        [] => {}
        [last] => {
            separate(&mut text);
            escape::push_text(&mut text, last.as_ref());
        }
        rest => {
            separate(&mut text);
            escape::push_folded(&mut text, rest);
        }
    }
    text
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push(':');
    }
}

/// Whether `text` ends like the key of a call, in a digest, but for empty segments after it.
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
