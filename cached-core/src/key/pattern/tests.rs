use proptest::prelude::*;
use serde::ser::{Error as _, Serialize, Serializer};

use super::*;
use crate::key::function::Function;

static PROFILE: Function =
    Function::new("app::profile", || "app::profile::__Place").prefix("user:{0}:profile");
static SEATS: Function = Function::new("app::seats", || "app::seats::__Place")
    .prefix("seats")
    .tags(&["course:{0}"]);

fn call(function: &'static Function, argument: &str) -> Key {
    let mut key = Key::of(function);
    key.push(argument);
    key
}

fn group(name: &str) -> Target {
    Target::Group(name.to_owned())
}

fn pattern(pattern: impl Into<Pattern>) -> Vec<Target> {
    pattern.into().targets().unwrap()
}

fn tag(tag: impl Into<Tag>) -> Vec<Target> {
    tag.into().targets().unwrap()
}

/// Returns `true` if a group of `key`, or `key` itself, is among `targets`.
fn covers(targets: &[Target], key: &Key) -> bool {
    let mut covers = targets.contains(&Target::Entry(key.clone()));
    group::each(key, |name| covers |= targets.contains(&group(name)));
    covers
}

#[test]
fn pattern_is_a_beginning_with_or_without_its_wildcard() {
    for text in ["user:42", "user:42:*"] {
        assert_eq!(pattern(text), [group("%g:user:42")]);
    }
    let text = String::from("user");
    assert_eq!(pattern(&text), [group("%g:user")]);
    assert_eq!(pattern(text), [group("%g:user")]);
    assert_eq!(pattern("*"), [group("%g")]);
}

#[test]
fn everything_but_the_last_wildcard_is_escaped_or_refused() {
    assert_eq!(pattern("what? [a]:*"), [group("%g:what%3F%20%5Ba%5D")]);
    assert_eq!(pattern("a::b:"), [group("%g:a:%:b:%")]);
    for text in [
        "user:*:x", "user:4*", "*:x", "**", "*:*", "user:**", "", ":*",
    ] {
        let error = Pattern::from(text).targets().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pattern, "{text}");
    }
    let error = Pattern::from("token-4711*").targets().unwrap_err();
    let message = format!("{error} {error:?}");
    assert!(
        message.contains("tags") && !message.contains("4711"),
        "{message}"
    );
}

#[test]
fn user_input_is_one_segment() {
    for (typed, name) in [
        ("*", "%g:user:%2A"),
        ("a:b", "%g:user:a%3Ab"),
        ("%3A", "%g:user:%253A"),
        ("42:*", "%g:user:42%3A%2A"),
        ("", "%g:user:%"),
    ] {
        assert_eq!(
            pattern(Pattern::from_segments(["user", typed])),
            [group(name)]
        );
        let name = name.replace("%g", "%tag");
        assert_eq!(tag(Tag::from_segments(["user", typed])), [group(&name)]);
    }
    assert_eq!(
        pattern(Pattern::from_segments(Vec::<&str>::new())),
        [group("%g:%")]
    );
}

#[test]
fn pattern_below_the_last_group_of_a_key_is_refused() {
    let text = |segments| vec!["a"; segments].join(":");
    assert!(Pattern::from(text(31) + ":*").targets().is_ok());
    assert!(Pattern::from(text(32) + ":*").targets().is_err());
    for segments in 1..40 {
        let key = Key::from(text(segments));
        assert!(covers(&pattern(text(segments)), &key), "{segments}");
        assert!(covers(&pattern(text(segments.min(31))), &key), "{segments}");
    }
}

#[test]
fn key_of_a_call_covers_this_call() {
    let key = call(&PROFILE, "42");
    assert_eq!(
        pattern(&key),
        [group("%g:user:42:profile"), Target::Entry(key.clone())]
    );
    let key = call(&SEATS, "42");
    assert_eq!(pattern(&key), [Target::Entry(key.clone())]);
    assert!(!covers(&pattern(key), &call(&SEATS, "43")));
}

#[test]
fn key_from_text_covers_itself_and_all_below() {
    let hex = "0123456789abcdef0123456789abcdef";
    for text in [
        "user:42",
        "",
        ":",
        hex,
        &format!("user:{hex}"),
        &format!("user:{hex}:"),
    ] {
        let targets = pattern(Key::from(text));
        for below in ["", ":a", ":a:b", ":"] {
            assert!(
                covers(&targets, &Key::from(format!("{text}{below}"))),
                "{text:?} {below:?}"
            );
        }
        assert!(!covers(&targets, &"other".into()));
    }
}

#[test]
fn key_that_cannot_be_encoded_is_an_error() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("secret"))
        }
    }
    let mut key = Key::of(&PROFILE);
    key.push(&Failing);
    let error = Pattern::from(key).targets().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
}

#[test]
fn tag_is_matched_as_a_whole() {
    assert_eq!(tag("course:7"), [group("%tag:course:7")]);
    assert_eq!(tag(String::from("a b")), [group("%tag:a%20b")]);
    for text in ["course:*", "*", "co*", ""] {
        let error = Tag::from(text).targets().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pattern, "{text}");
    }
    assert!(covers(&tag("course:7"), &call(&SEATS, "7")));
    assert!(!covers(&tag("course"), &call(&SEATS, "7")));
}

#[test]
fn debug_shows_no_content() {
    let shown = format!(
        "{:?} {:?} {:?}",
        Pattern::from("token:4711"),
        Pattern::from(Key::from("token:4711")),
        Tag::from("token:4711"),
    );
    assert_eq!(shown, "Pattern { .. } Pattern { .. } Tag { .. }");
}

proptest! {
    /// As patterns are written by hand: a text covers the keys whose segments begin with its own.
    #[test]
    fn pattern_covers_exactly_what_begins_with_its_segments(
        segments in prop::collection::vec("[ab*%:]{0,2}", 1..4),
        others in prop::collection::vec("[ab*%:]{0,2}", 1..6),
    ) {
        let targets = pattern(Pattern::from_segments(&segments));
        prop_assert_eq!(covers(&targets, &Key::from_segments(&others)), others.starts_with(&segments));
    }

    /// An argument is covered by what names it, and by no other text.
    #[test]
    fn argument_is_covered_by_itself_only(argument in ".{0,9}", other in ".{0,9}") {
        let (profile, seats) = (call(&PROFILE, &argument), call(&SEATS, &argument));
        let pattern = pattern(Pattern::from_segments(["user", &other]));
        prop_assert_eq!(covers(&pattern, &profile), argument == other);
        let tag = tag(Tag::from_segments(["course", &other]));
        prop_assert_eq!(covers(&tag, &seats), argument == other);
    }
}
