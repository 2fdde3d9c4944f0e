use std::fmt::Write as _;

use proptest::prelude::*;
use serde::ser::{Error as _, Serialize, Serializer};

use super::*;
use crate::{error::ErrorKind, testing};

static PROFILE: Function = Function::new(
    "shop::user::profile",
    || "shop::user::profile::__cached::__Place",
)
.prefix("user:{0}:profile");
static PROFILE_NOW: Function = Function::new(
    "shop::user::profile",
    || "shop::user::profile::__cached::__Place",
)
.prefix("user:{0}:profile")
.version(2);
static PLAIN: Function = Function::new(
    "shop::stats::total",
    || "shop::stats::total::__cached::__Place",
);
static METHOD: Function = Function::new(
    "shop::user::get",
    || "shop::user::Users<_>::__cached_get::__Place",
);
static PINNED: Function = Function::new(
    "shop::user::get",
    || "shop::user::Users<_>::__cached_get::__Place",
)
.id("shop:get")
.prefix("user:{0}");
static PINNED_PLAIN: Function = Function::new(
    "shop::user::get",
    || "shop::user::Users<_>::__cached_get::__Place",
)
.id("shop:get");
static TAGGED: Function = Function::new(
    "shop::course::seats",
    || "shop::course::seats::__cached::__Place",
)
.prefix("seats:{0}-{1}")
.tags(&["course:{1}", "teacher:{2}:courses"]);

fn call(function: &'static Function, arguments: &[&dyn Push]) -> Key {
    let mut key = Key::of(function);
    for argument in arguments {
        argument.push_to(&mut key);
    }
    key
}

/// An argument of any type that a test pushes into a key.
trait Push {
    fn push_to(&self, key: &mut Key);
}

impl<T: Serialize> Push for T {
    fn push_to(&self, key: &mut Key) {
        key.push(self);
    }
}

fn names(key: &Key) -> Vec<String> {
    let mut names = Vec::new();
    each(key, |name| names.push(name.to_owned()));
    names
}

#[test]
fn groups_of_a_call_are_namespace_function_beginnings_and_tags() {
    assert_eq!(
        names(&call(&PROFILE, &[&42_u64])),
        [
            "%g",
            "%fn:shop:user:profile",
            "%g:user",
            "%g:user:42",
            "%g:user:42:profile"
        ]
    );
    assert_eq!(
        names(&call(&TAGGED, &[&1_u8, &"a:b", &'*'])),
        [
            "%g",
            "%fn:shop:course:seats",
            "%g:seats",
            "%g:seats:1-a%3Ab",
            "%tag:course:a%3Ab",
            "%tag:teacher:%2A:courses"
        ]
    );
}

#[test]
fn function_without_a_prefix_needs_no_marker_of_its_own() {
    assert_eq!(
        names(&call(&PLAIN, &[&42_u64])),
        ["%g", "%g:shop", "%g:shop:stats", "%g:shop:stats:total"]
    );
    assert_eq!(of_function(&PLAIN), ["%g:shop:stats:total"]);
    assert_eq!(of_function(&PINNED_PLAIN), ["%g:shop:get"]);
    assert_eq!(
        of_function(&PROFILE),
        ["%fn:shop:user:profile", "%g:shop:user:profile"],
        "a version before it may have had no prefix"
    );
    assert_eq!(
        of_function(&METHOD),
        ["%fn:shop:user:get:shop%3A%3Auser%3A%3AUsers<_>"],
        "another `impl` of the module may have a `get`"
    );
}

#[test]
fn version_is_in_no_name() {
    assert_eq!(
        names(&call(&PROFILE, &[&42_u64])),
        names(&call(&PROFILE_NOW, &[&42_u64]))
    );
    assert_ne!(PROFILE.identity(), PROFILE_NOW.identity());
}

#[test]
fn groups_of_a_text_key_are_its_beginnings() {
    assert_eq!(
        names(&"user:42:avatar".into()),
        ["%g", "%g:user", "%g:user:42", "%g:user:42:avatar"]
    );
    assert_eq!(names(&"".into()), ["%g", "%g:%"]);
}

#[test]
fn a_call_is_alone_only_where_its_prefix_names_every_argument() {
    let named = call(&PROFILE, &[&42_u64]);
    assert_eq!(of_call(&named).as_deref(), Some("%g:user:42:profile"));
    assert_eq!(of_call(&call(&PROFILE, &[&42_u64, &"de"])), None);
    assert_eq!(of_call(&call(&PLAIN, &[&1_u8])), None);
    assert_eq!(
        of_call(&Key::of(&PLAIN)).as_deref(),
        Some("%g:shop:stats:total")
    );
    assert_eq!(of_call(&"user:42".into()), None);

    let mut generic = call(&PROFILE, &[&42_u64]);
    generic.push_type_name("shop::Profile");
    assert_eq!(of_call(&generic), of_call(&named), "a type is no argument");
}

#[test]
fn templates_are_filled_in_as_in_a_prefix() {
    let id = |key: &mut Key| key.push(&42_u64);
    assert_eq!(of_template("user:{0}", id).unwrap(), "%g:user:42");
    assert_eq!(of_tag_template("user:{0}", id).unwrap(), "%tag:user:42");
    assert_eq!(of_template("", |_| ()).unwrap(), NAMESPACE);
}

#[test]
fn argument_that_cannot_be_encoded_names_no_group() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("secret"))
        }
    }
    let error = of_template("user:{0}", |key| key.push(&Failing)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(!error.to_string().contains("secret"));
}

proptest! {
    /// A group has a marker's name, and no key has, whatever the arguments.
    #[test]
    fn a_marker_is_never_where_an_entry_is(argument in ".{0,200}", text in ".{0,200}", other in "%(g|fn|tag).{0,9}") {
        for key in [call(&TAGGED, &[&argument, &text, &other]), text.into(), other.into()] {
            prop_assert!(!is_marker(key.text().as_bytes()), "{}", key.text());
            each(&key, |name| assert!(is_marker(name.as_bytes()), "{name}"));
        }
    }

    /// An entry is in the groups of exactly the beginnings of its own segments.
    #[test]
    fn argument_cannot_name_the_group_of_another(a in ".{0,20}", b in ".{0,20}") {
        let (one, other) = (call(&PROFILE, &[&a]), call(&PROFILE, &[&b]));
        prop_assert_eq!(names(&one).len(), 5);
        prop_assert_eq!(of_call(&one) == of_call(&other), a == b);
    }
}

/// A process that spells a group in another way is not reached by the invalidations of this one: these names
/// stay as they are, whatever becomes of keys and entries.
#[test]
fn names_of_markers_are_pinned() {
    let mut file = String::new();
    let mut show = |what: &str, key: &Key| {
        writeln!(file, "# {what}").unwrap();
        each(key, |name| writeln!(file, "{name}").unwrap());
    };
    show("profile(42)", &call(&PROFILE, &[&42_u64]));
    show("total()", &Key::of(&PLAIN));
    show("Users::get(42)", &call(&METHOD, &[&42_u64]));
    show("get(42) with an id", &call(&PINNED, &[&42_u64]));
    show("total() with an id", &Key::of(&PINNED_PLAIN));
    show(
        "seats(7, \"a b\", [1, 2])",
        &call(&TAGGED, &[&7_u8, &"a b", &vec![1_u8, 2]]),
    );
    show("the text user:42:avatar", &"user:42:avatar".into());
    show(
        "a text that ends like a call",
        &"session:0123456789abcdef0123456789abcdef".into(),
    );
    show(
        "a text of 33 segments",
        &"1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21:22:23:24:25:26:27:28:29:30:31:32:33".into(),
    );
    testing::assert_golden("markers.txt", file.as_bytes());
}
