//! Groups of entries that are invalidated together, by name.
//!
//! The marker of a group, a small key that stands for it in a store, has the same name.
//!
//! | name, without the namespace | entries of the group |
//! |---|---|
//! | `%g` | everything |
//! | `%g:user`, `%g:user:42` | every key that begins with these segments |
//! | `%fn:shop:user:profile` | every call of a function |
//! | `%tag:course:7` | every call with this tag |
//!
//! A key never begins with `%` and a lowercase letter, so a marker never lies where an entry does. Old and new versions
//! of a service share the names: they are pinned, and nothing in them depends on the version of a function or on the
//! format of its entries.

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

/// The beginning of the names of groups whose keys begin alike.
const PREFIX_GROUP: &str = "%g:";

/// The beginning of the names of tags' groups.
const TAG_GROUP: &str = "%tag:";

/// Returns `true` for the name of a marker, which is never a key's text.
pub(crate) fn is_marker(name: &[u8]) -> bool {
    matches!(name, [b'%', b'a'..=b'z', ..])
}

/// Calls `show` with the name of every group of `key`: the namespace, the function, the beginnings of its segments from
/// short to long, the tags as they are written. An entry's tokens are in this order too.
pub(crate) fn each(key: &Key, mut show: impl FnMut(&str)) {
    show(NAMESPACE);
    let function = key.function();
    if let Some(marker) = function.and_then(Function::marker) {
        show(marker);
    }
    let mut name = String::with_capacity(96);
    name.push_str(PREFIX_GROUP);
    key.push_segments(&mut name);
    for end in prefix_ends(&name, PREFIX_GROUP.len()) {
        show(name.get(..end).unwrap_or_default());
    }
    for pieces in function.map(Function::tag_pieces).unwrap_or_default() {
        name.clear();
        push_tag(&mut name, key, pieces);
        show(&name);
    }
}

/// Appends the names of all groups of `key` to `names`, each after `namespace` and a colon, and calls `add` with the
/// range of each, in the order of [`each`]. `segments` is the range in `names` of the segments of `key`.
///
/// Every hit on Redis does this, so nothing is rendered twice: each beginning is part of the longest one's name.
pub(crate) fn append(
    names: &mut String,
    namespace: &str,
    key: &Key,
    segments: Range<usize>,
    mut add: impl FnMut(Range<usize>),
) {
    let start = names.len();
    push_parts(names, [namespace, ":", PREFIX_GROUP]);
    let content = names.len();
    // The name of the namespace's group is that of a beginning, less its colon.
    add(start..content.saturating_sub(1));
    names.extend_from_within(segments);
    let end = names.len();
    let function = key.function();
    if let Some(marker) = function.and_then(Function::marker) {
        let start = names.len();
        push_parts(names, [namespace, ":", marker]);
        add(start..names.len());
    }
    let longest = names.get(..end).unwrap_or_default();
    for end in prefix_ends(longest, content) {
        add(start..end);
    }
    for pieces in function.map(Function::tag_pieces).unwrap_or_default() {
        let start = names.len();
        push_parts(names, [namespace, ":", ""]);
        push_tag(names, key, pieces);
        add(start..names.len());
    }
}

/// Returns the end of each beginning of `name`, from short to long, if its segments begin at `content`.
fn prefix_ends(name: &str, content: usize) -> impl Iterator<Item = usize> {
    let segments = name.as_bytes().get(content..).unwrap_or_default();
    memchr::memchr_iter(b':', segments)
        .chain([segments.len()])
        .map(move |end| content.saturating_add(end))
}

fn push_tag(name: &mut String, key: &Key, pieces: &[Piece]) {
    name.push_str(TAG_GROUP);
    key.render(name, pieces.iter().copied());
}

fn push_parts(text: &mut String, parts: [&str; 3]) {
    for part in parts {
        text.push_str(part);
    }
}

/// Names the group of keys that begin with these segments, which are escaped already.
pub(crate) fn of_prefix(segments: &str) -> String {
    [PREFIX_GROUP, segments].concat()
}

/// Names the group of calls with this tag, which is escaped already.
pub(crate) fn of_tag(tag: &str) -> String {
    [TAG_GROUP, tag].concat()
}

/// Names the groups of all calls of `function`, in all its versions: also of those that had no prefix yet, which were
/// grouped by the name.
pub(crate) fn of_function(function: &'static Function) -> Vec<String> {
    let marker = function.marker().map(str::to_owned);
    if !function.has_name_group() {
        return marker.into_iter().collect();
    }
    let texts = function.name_pieces().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Component(_) => None,
    });
    let by_name = of_prefix(&texts.collect::<String>());
    marker.into_iter().chain([by_name]).collect()
}

/// Names the smallest group of the call whose key this is, if the segments of its key name every argument: all versions
/// of the call are in it. `None` for other calls and for keys from text.
pub(crate) fn of_call(key: &Key) -> Option<String> {
    key.names_every_argument().then(|| {
        let mut name = String::from(PREFIX_GROUP);
        key.push_segments(&mut name);
        name
    })
}

/// Names the group of keys that begin like `template` with the components that `fill` pushes; everything if the
/// template is empty.
///
/// # Errors
///
/// [`ErrorKind::Key`](crate::ErrorKind::Key) if a component cannot be encoded.
pub(crate) fn of_template(
    template: &'static str,
    fill: impl FnOnce(&mut Key),
) -> Result<String, Error> {
    if template.is_empty() {
        return Ok(NAMESPACE.to_owned());
    }
    render_name(PREFIX_GROUP, template, fill)
}

/// Names the group of calls with the tag that `template` makes of the components that `fill` pushes.
///
/// # Errors
///
/// [`ErrorKind::Key`](crate::ErrorKind::Key) if a component cannot be encoded.
pub(crate) fn of_tag_template(
    template: &'static str,
    fill: impl FnOnce(&mut Key),
) -> Result<String, Error> {
    render_name(TAG_GROUP, template, fill)
}

fn render_name(
    start: &str,
    template: &'static str,
    fill: impl FnOnce(&mut Key),
) -> Result<String, Error> {
    let mut components = Key::of_components();
    fill(&mut components);
    components.check()?;
    let mut name = String::from(start);
    components.render(&mut name, Pieces::written(template));
    Ok(name)
}

#[cfg(test)]
mod tests;
