//! Checks of all annotated functions when a cache is installed: patterns that reach nothing, functions that share their
//! entries. Without these checks nothing would tell of either.

use std::{collections::HashSet, sync::Once};

use crate::{
    key::{
        registry::{Named, Registered},
        template::{Piece, Pieces},
    },
    telemetry::event,
};

/// The sign for a component that is to be filled in; no template has this character.
const HOLE: char = '\0';

/// Warns of every pattern and tag that reaches no cached function of this program, once.
pub(crate) fn warn_of_unmatched() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let functions = || inventory::iter::<Registered>.into_iter();
        let prefixes: Vec<String> = functions()
            .map(|Registered(function)| with_holes(function.pieces()))
            .collect();
        let tags: Vec<String> = functions()
            .flat_map(|Registered(function)| function.tag_templates())
            .map(|tag| with_holes(Pieces::written(tag)))
            .collect();
        for named in inventory::iter::<Named> {
            let wanted = with_holes(Pieces::written(named.template));
            let reaches = if named.is_tag {
                tags.iter().any(|tag| can_be_tag(&wanted, tag))
            } else {
                prefixes
                    .iter()
                    .any(|prefix| can_begin_like(&wanted, prefix))
            };
            if !reaches {
                event::unmatched(named);
            }
        }
    });
}

/// Returns `true` if a key with this prefix can begin like `pattern`.
fn can_begin_like(pattern: &str, prefix: &str) -> bool {
    if pattern.is_empty() {
        return true;
    }
    let mut segments = prefix.split(':');
    pattern.split(':').all(|wanted| {
        segments
            .next()
            .is_some_and(|there| can_match(wanted, there))
    })
}

/// Returns `true` if two templates can name one tag.
fn can_be_tag(wanted: &str, there: &str) -> bool {
    wanted.split(':').count() == there.split(':').count()
        && wanted
            .split(':')
            .zip(there.split(':'))
            .all(|(wanted, there)| can_match(wanted, there))
}

/// Writes a template out, with a [`HOLE`] for each component.
fn with_holes(pieces: Pieces) -> String {
    let mut written = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => written.push_str(text),
            Piece::Component(_) => written.push(HOLE),
        }
    }
    written
}

/// Returns `true` if two segments can be filled in alike. Text between two holes is not compared.
fn can_match(one: &str, other: &str) -> bool {
    match (split_at_holes(one), split_at_holes(other)) {
        (None, None) => one == other,
        (Some((head, tail)), None) => fits_between(head, tail, other),
        (None, Some((head, tail))) => fits_between(head, tail, one),
        (Some((head, tail)), Some((other_head, other_tail))) => {
            (head.starts_with(other_head) || other_head.starts_with(head))
                && (tail.ends_with(other_tail) || other_tail.ends_with(tail))
        }
    }
}

/// Returns the text before the first hole and after the last.
fn split_at_holes(segment: &str) -> Option<(&str, &str)> {
    let (head, _) = segment.split_once(HOLE)?;
    let (_, tail) = segment.rsplit_once(HOLE)?;
    Some((head, tail))
}

fn fits_between(head: &str, tail: &str, text: &str) -> bool {
    text.strip_prefix(head)
        .is_some_and(|rest| rest.ends_with(tail))
}

/// Warns of all cached functions that share their entries though no `id` says so, once.
pub(crate) fn warn_of_twins() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut identities = HashSet::new();
        for Registered(function) in inventory::iter::<Registered> {
            if !function.is_pinned() && !identities.insert(function.identity()) {
                event::twins(function);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(template: &'static str) -> String {
        with_holes(Pieces::written(template))
    }

    #[test]
    fn a_pattern_meets_the_prefixes_that_can_begin_like_it() {
        let meets = |pattern, prefix| can_begin_like(&written(pattern), &written(prefix));
        for (pattern, prefix) in [
            ("", "user"),
            ("user", "user:{0}"),
            ("user:{0}", "user:{3}:profile"),
            ("user:42", "user:{0}"),
            ("user:{0}", "user:me"),
            ("{0}:{1}", "user:me:profile"),
            ("user:id-{0}", "user:{0}-{1}"),
            ("user:a{0}", "user:ab{0}c"),
        ] {
            assert!(meets(pattern, prefix), "{pattern} {prefix}");
        }
        for (pattern, prefix) in [
            ("usr:{0}", "user:{0}"),
            ("user:{0}:profile", "user:{0}"),
            ("user:{0}:settings", "user:{0}:profile"),
            ("user:id-{0}", "user:no-{0}"),
            ("user:x", "user:id-{0}"),
            ("us", "user"),
        ] {
            assert!(!meets(pattern, prefix), "{pattern} {prefix}");
        }
        let by_name = with_holes(Pieces::of_name("shop::user::profile"));
        assert!(can_begin_like("shop:user", &by_name));
        assert!(!can_begin_like("user", &by_name));
    }

    #[test]
    fn a_tag_meets_a_whole_tag() {
        let meets = |wanted, there| can_be_tag(&written(wanted), &written(there));
        assert!(meets("course:{0}", "course:{5}"));
        assert!(meets("course:7", "course:{5}"));
        assert!(!meets("course", "course:{5}"));
        assert!(!meets("coarse:{0}", "course:{0}"));
    }
}
