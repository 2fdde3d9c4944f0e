//! [`Names`]: what an entry and its markers are called on the server.

use smallvec::SmallVec;

use super::reads::Scope;
use crate::{Key, group, invalidation::Target};

/// The name of an entry and those of its markers, in the order of its groups, in one allocation.
#[derive(Debug)]
pub(super) struct Names {
    text: String,
    /// Where each name ends.
    ends: SmallVec<[usize; 8]>,
    /// Whether a read has to ask how long the entry will be kept.
    pub(super) asks_ttl: bool,
}

impl Names {
    pub(super) fn of(namespace: &str, key: &Key) -> Self {
        let mut names = Self {
            text: String::with_capacity(namespace.len().saturating_add(64).saturating_mul(4)),
            ends: SmallVec::new(),
            asks_ttl: key
                .function()
                .is_some_and(|function| !function.windows().are_none()),
        };
        names.push(namespace, |text| key.write_text(text));
        group::each(key, |group| {
            names.push(namespace, |text| text.push_str(group));
        });
        names
    }

    fn push(&mut self, namespace: &str, push_name: impl FnOnce(&mut String)) {
        self.text.push_str(namespace);
        self.text.push(':');
        push_name(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// The entry's.
    pub(super) fn entry(&self) -> &str {
        self.get(0)
    }

    /// The markers'.
    pub(super) fn markers(&self) -> impl Iterator<Item = &str> {
        self.all().skip(1)
    }

    /// The entry's first.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.get(index))
    }

    /// What is read of them.
    pub(super) fn within(&self, scope: Scope) -> impl Iterator<Item = &str> {
        self.all().take(match scope {
            Scope::Entry => 1,
            Scope::Whole => usize::MAX,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: usize) -> &str {
        let end = self.ends.get(index).copied().unwrap_or_default();
        let before = index.checked_sub(1).and_then(|index| self.ends.get(index));
        self.text
            .get(before.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }
}

/// What has to be deleted for `target`.
pub(super) fn of_target(namespace: &str, target: &Target) -> String {
    match target {
        Target::Group(group) => format!("{namespace}:{group}"),
        Target::Entry(key) => format!("{namespace}:{}", key.text()),
    }
}
