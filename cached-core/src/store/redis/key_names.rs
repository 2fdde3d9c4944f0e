//! [`Names`]: the names of an entry and its markers on the server.

use std::ops::Range;

use smallvec::SmallVec;

use super::read_batch::Extent;
use crate::key::{Key, group, target::Target};

/// The name of an entry and those of its markers, in the order of its groups, in one allocation.
#[derive(Debug)]
pub(super) struct Names {
    text: String,
    /// The range of each name in `text`.
    ranges: SmallVec<[Range<usize>; 8]>,
    /// True if a read has to ask how long the entry will be kept.
    pub(super) asks_ttl: bool,
}

impl Names {
    pub(super) fn of(namespace: &str, key: &Key) -> Self {
        let mut text = String::with_capacity(namespace.len().saturating_add(64).saturating_mul(4));
        text.push_str(namespace);
        text.push(':');
        let start = text.len();
        key.push_segments(&mut text);
        let segments = start..text.len();
        key.push_digest(&mut text, segments.is_empty());
        let mut ranges = SmallVec::new();
        ranges.push(0..text.len());
        group::append(&mut text, namespace, key, segments, |range| {
            ranges.push(range);
        });
        Self {
            text,
            ranges,
            asks_ttl: key
                .function()
                .is_some_and(|function| !function.windows().are_none()),
        }
    }

    /// The name of the entry.
    pub(super) fn entry(&self) -> &str {
        self.all().next().unwrap_or_default()
    }

    /// The names of the markers, in the order of the groups.
    pub(super) fn markers(&self) -> impl Iterator<Item = &str> {
        self.all().skip(1)
    }

    /// All names, the entry's first.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let name = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.ranges.iter().map(name)
    }

    /// The names that a read of `extent` asks for.
    pub(super) fn names_to_read(&self, extent: Extent) -> impl Iterator<Item = &str> {
        self.all().take(self.count_to_read(extent))
    }

    /// The number of names that a read of `extent` asks for.
    pub(super) fn count_to_read(&self, extent: Extent) -> usize {
        match extent {
            Extent::Entry => 1,
            Extent::Whole => self.len(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }
}

/// The name of the key that has to be deleted for `target`.
pub(super) fn target_name(namespace: &str, target: &Target) -> String {
    match target {
        Target::Group(group) => format!("{namespace}:{group}"),
        Target::Entry(key) => format!("{namespace}:{}", key.text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::function::Function;

    fn place() -> &'static str {
        "place"
    }

    fn agree(key: &Key) {
        let names = Names::of("app", key);
        assert_eq!(names.entry(), format!("app:{}", key.text()));
        let mut groups = Vec::new();
        group::each(key, |group| groups.push(format!("app:{group}")));
        assert_eq!(names.markers().collect::<Vec<_>>(), groups);
        assert_eq!(names.len(), groups.len() + 1);
    }

    #[test]
    fn they_are_those_of_the_groups() {
        static PLAIN: Function = Function::new("shop::user::profile", place);
        static PREFIXED: Function = Function::new("shop::user::profile", place)
            .prefix("user:{0}:of-{1}:profile")
            .tags(&["course:{1}", "all"]);
        static EMPTY: Function = Function::new("f", place).prefix("");
        for text in ["", "a", "user:42:avatar", ":", "a:b:c:d:e:f:g:h:i:j"] {
            agree(&Key::from(text));
        }
        for function in [&PLAIN, &PREFIXED, &EMPTY] {
            let mut key = Key::of(function);
            agree(&key);
            key.push(&42_u64);
            key.push("a:b c");
            agree(&key);
        }
    }
}
