//! Names of groups: what is invalidated together, and what the marker of it is called.
//!
//! | name, without the namespace | what is in the group |
//! |---|---|
//! | `%g` | everything |
//! | `%g:user`, `%g:user:42` | every key that begins with these segments |
//! | `%fn:shop:user:profile` | every call of a function |
//! | `%tag:course:7` | every call with this tag |
//!
//! A key never begins with `%` and a small letter, so a marker never lies where an entry does. Names are what
//! old and new versions of a service share: they are pinned, and nothing in them depends on the version of a
//! function or on the format of its entries.

use std::ops::Range;

use crate::{
    error::Error,
    key::{
        Key,
        function::Function,
        template::{Piece, Pieces},
    },
};

/// The group of everything in the namespace.
pub(crate) const NAMESPACE: &str = "%g";

/// How the name of a beginning of keys begins.
const BEGINNING: &str = "%g:";

/// How the name of a tag's group begins.
const TAG: &str = "%tag:";

/// Whether this is the name of a marker, and not a key.
pub(crate) fn is_marker(name: &[u8]) -> bool {
    matches!(name, [b'%', b'a'..=b'z', ..])
}

/// Shows the name of every group of `key`: the namespace, the function, the beginnings of its segments from
/// short to long, the tags as they are written. Always in this order, which an entry's tokens are in.
pub(crate) fn each(key: &Key, mut show: impl FnMut(&str)) {
    show(NAMESPACE);
    let function = key.function();
    if let Some(marker) = function.and_then(Function::marker) {
        show(marker);
    }
    let mut name = String::with_capacity(96);
    name.push_str(BEGINNING);
    key.push_segments(&mut name);
    for end in beginnings(&name, BEGINNING.len()) {
        show(name.get(..end).unwrap_or_default());
    }
    for pieces in function.map(Function::tag_pieces).unwrap_or_default() {
        name.clear();
        push_tag(&mut name, key, pieces);
        show(&name);
    }
}

/// Appends the names of all groups of `key` to `names`, each after `namespace` and a colon, and hands over where each
/// begins and ends, in the order of [`each`]. `segments` is where in it the segments of `key` are.
///
/// Every hit on Redis does this: a beginning is part of the longest one's name, and nothing is rendered twice.
pub(crate) fn append(
    names: &mut String,
    namespace: &str,
    key: &Key,
    segments: Range<usize>,
    mut add: impl FnMut(Range<usize>),
) {
    let start = names.len();
    push_all(names, [namespace, ":", BEGINNING]);
    let content = names.len();
    // Without its colon, that of the namespace.
    add(start..content.saturating_sub(1));
    names.extend_from_within(segments);
    let end = names.len();
    let function = key.function();
    if let Some(marker) = function.and_then(Function::marker) {
        let start = names.len();
        push_all(names, [namespace, ":", marker]);
        add(start..names.len());
    }
    let longest = names.get(..end).unwrap_or_default();
    for end in beginnings(longest, content) {
        add(start..end);
    }
    for pieces in function.map(Function::tag_pieces).unwrap_or_default() {
        let start = names.len();
        push_all(names, [namespace, ":", ""]);
        push_tag(names, key, pieces);
        add(start..names.len());
    }
}

/// Where each beginning of `name` ends, from short to long, if its segments begin at `content`.
fn beginnings(name: &str, content: usize) -> impl Iterator<Item = usize> {
    let segments = name.as_bytes().get(content..).unwrap_or_default();
    memchr::memchr_iter(b':', segments)
        .chain([segments.len()])
        .map(move |end| content.saturating_add(end))
}

fn push_tag(name: &mut String, key: &Key, pieces: &[Piece]) {
    name.push_str(TAG);
    key.render(name, pieces.iter().copied());
}

fn push_all(text: &mut String, parts: [&str; 3]) {
    for part in parts {
        text.push_str(part);
    }
}

/// The group of keys that begin with these segments, which are escaped already.
pub(crate) fn of_prefix(segments: &str) -> String {
    [BEGINNING, segments].concat()
}

/// The group of calls with this tag, which is escaped already.
pub(crate) fn of_tag(tag: &str) -> String {
    [TAG, tag].concat()
}

/// The groups of all calls of `function`, in all its versions: also those that had no prefix yet, which
/// were grouped by the name.
pub(crate) fn of_function(function: &'static Function) -> Vec<String> {
    let marker = function.marker().map(str::to_owned);
    if !function.is_named_alone() {
        return marker.into_iter().collect();
    }
    let texts = function.named().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Component(_) => None,
    });
    let by_name = of_prefix(&texts.collect::<String>());
    marker.into_iter().chain([by_name]).collect()
}

/// The smallest group of the call whose key this is, if the segments of its key name every argument: all
/// versions of the call are in it. `None` for other calls and for keys from text.
pub(crate) fn of_call(key: &Key) -> Option<String> {
    key.names_every_argument().then(|| {
        let mut name = String::from(BEGINNING);
        key.push_segments(&mut name);
        name
    })
}

/// The group of keys that begin like `template` with the components that `fill` pushes; everything if the
/// template is empty.
///
/// # Errors
///
/// If a component cannot be encoded.
pub(crate) fn of_template(
    template: &'static str,
    fill: impl FnOnce(&mut Key),
) -> Result<String, Error> {
    if template.is_empty() {
        return Ok(NAMESPACE.to_owned());
    }
    rendered(BEGINNING, template, fill)
}

/// The group of calls with the tag that `template` reads with the components that `fill` pushes.
///
/// # Errors
///
/// If a component cannot be encoded.
pub(crate) fn of_tag_template(
    template: &'static str,
    fill: impl FnOnce(&mut Key),
) -> Result<String, Error> {
    rendered(TAG, template, fill)
}

fn rendered(
    start: &str,
    template: &'static str,
    fill: impl FnOnce(&mut Key),
) -> Result<String, Error> {
    let mut components = Key::carrier();
    fill(&mut components);
    components.check()?;
    let mut name = String::from(start);
    components.render(&mut name, Pieces::written(template));
    Ok(name)
}

#[cfg(test)]
mod tests;
