//! Checks of all annotated functions when a cache is installed: patterns that reach nothing, functions that cannot be told
//! apart. Neither says anything by itself.

use std::{collections::HashSet, sync::Once};

use crate::{
    key::{
        registry::{Named, Registered},
        template::{Piece, Pieces},
    },
    telemetry::event,
};

/// Where a component is filled in; no template has this character.
const HOLE: char = '\0';

/// Tells of every pattern and tag that reaches no cached function of this program, once.
pub(crate) fn tell_of_unmatched() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let functions = || inventory::iter::<Registered>.into_iter();
        let prefixes: Vec<String> = functions()
            .map(|Registered(function)| shape(function.pieces()))
            .collect();
        let tags: Vec<String> = functions()
            .flat_map(|Registered(function)| function.tag_templates())
            .map(|tag| shape(Pieces::written(tag)))
            .collect();
        for named in inventory::iter::<Named> {
            let wanted = shape(Pieces::written(named.template));
            let reaches = if named.is_tag {
                tags.iter().any(|tag| is_tag(&wanted, tag))
            } else {
                prefixes.iter().any(|prefix| begins(&wanted, prefix))
            };
            if !reaches {
                event::unmatched(named);
            }
        }
    });
}

/// Whether a key with this prefix can begin like `pattern`.
fn begins(pattern: &str, prefix: &str) -> bool {
    if pattern.is_empty() {
        return true;
    }
    let mut segments = prefix.split(':');
    pattern
        .split(':')
        .all(|wanted| segments.next().is_some_and(|there| meet(wanted, there)))
}

/// Whether two templates can name one tag.
fn is_tag(wanted: &str, there: &str) -> bool {
    wanted.split(':').count() == there.split(':').count()
        && wanted
            .split(':')
            .zip(there.split(':'))
            .all(|(wanted, there)| meet(wanted, there))
}

fn shape(pieces: Pieces) -> String {
    let mut shape = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => shape.push_str(text),
            Piece::Component(_) => shape.push(HOLE),
        }
    }
    shape
}

/// Whether two segments can be filled in alike. What stands between two holes is not looked at.
fn meet(one: &str, other: &str) -> bool {
    match (ends(one), ends(other)) {
        (None, None) => one == other,
        (Some((head, tail)), None) => fits(head, tail, other),
        (None, Some((head, tail))) => fits(head, tail, one),
        (Some((head, tail)), Some((other_head, other_tail))) => {
            (head.starts_with(other_head) || other_head.starts_with(head))
                && (tail.ends_with(other_tail) || other_tail.ends_with(tail))
        }
    }
}

/// What stands before the first hole and after the last.
fn ends(segment: &str) -> Option<(&str, &str)> {
    let (head, _) = segment.split_once(HOLE)?;
    let (_, tail) = segment.rsplit_once(HOLE)?;
    Some((head, tail))
}

fn fits(head: &str, tail: &str, text: &str) -> bool {
    text.strip_prefix(head)
        .is_some_and(|rest| rest.ends_with(tail))
}

/// Tells of all cached functions that share their entries though nobody said so, once.
pub(crate) fn tell_of_twins() {
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
        shape(Pieces::written(template))
    }

    #[test]
    fn a_pattern_meets_the_prefixes_that_can_begin_like_it() {
        let meets = |pattern, prefix| begins(&written(pattern), &written(prefix));
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
        let by_name = shape(Pieces::of_name("shop::user::profile"));
        assert!(begins("shop:user", &by_name));
        assert!(!begins("user", &by_name));
    }

    #[test]
    fn a_tag_meets_a_whole_tag() {
        let meets = |wanted, there| is_tag(&written(wanted), &written(there));
        assert!(meets("course:{0}", "course:{5}"));
        assert!(meets("course:7", "course:{5}"));
        assert!(!meets("course", "course:{5}"));
        assert!(!meets("coarse:{0}", "course:{0}"));
    }
}
