#![allow(
    clippy::mutable_key_type,
    reason = "a key's function changes, but not in what is compared"
)]

use super::{segments::MAX_SEGMENTS, text::FORMAT, *};
use crate::{
    encoding::{digest::digest, escape},
    format::json,
    testing,
};
use proptest::prelude::*;
use serde::ser::{Error, Serializer};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

static PROFILE: Function =
    Function::new("app::profile", || "app::profile").prefix("user:{0}:profile");
static FRIENDS: Function =
    Function::new("app::friends", || "app::friends").prefix("user:{0}:profile");

struct Failing;
impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("secret"))
    }
}

fn call(id: u64) -> Key {
    let mut key = Key::of(&PROFILE);
    key.push(&id);
    key
}

fn is_digest(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[test]
fn text_of_a_call_is_its_prefix_and_a_digest() {
    let text = call(42).to_string();
    let digest = text.strip_prefix("user:42:profile:").unwrap();
    assert!(is_digest(digest), "{text}");
    assert_eq!(text_of(&PROFILE, call(42).local()), text);
}

#[test]
fn calls_differ_by_function_and_by_every_argument() {
    let mut other = Key::of(&FRIENDS);
    other.push(&42_u64);
    assert_ne!(other, call(42));
    assert_ne!(other.text(), call(42).text());

    let mut text = Key::of(&PROFILE);
    text.push("42");
    assert_ne!(text, call(42));
    let groups = |key: &Key| {
        key.text()
            .rsplit_once(':')
            .map(|(groups, _)| groups.to_owned())
    };
    assert_eq!(
        groups(&text),
        groups(&call(42)),
        "42 and \"42\" are one group"
    );
    assert_ne!(text.text(), call(42).text(), "but two entries");

    let mut more = call(42);
    more.push(&());
    assert_ne!(more.text(), call(42).text());
    assert_ne!(Key::of(&PROFILE).text(), call(42).text());
}

#[test]
fn type_parameter_is_part_of_the_key() {
    let of = |name| {
        let mut key = call(42);
        key.push_type_name(name);
        key
    };
    assert_ne!(of("u8"), of("u16"));
    assert_ne!(of("u8").text(), of("u16").text());
    let mut argument = call(42);
    argument.push("u8");
    assert_ne!(argument, of("u8"));
}

#[test]
fn arguments_do_not_merge() {
    let of = |all: &[&str]| {
        let mut key = Key::of(&PROFILE);
        for text in all {
            key.push(text);
        }
        key.text()
    };
    let all = [
        of(&["ab", "c"]),
        of(&["a", "bc"]),
        of(&["abc"]),
        of(&["abc", ""]),
        of(&["", "abc"]),
    ];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn set_is_the_same_in_any_order() {
    let of = |values: Vec<u32>| {
        let mut key = Key::of(&PROFILE);
        key.push_set(&values.into_iter().collect::<HashSet<_>>());
        key
    };
    let forwards = of((0..100).collect());
    assert_eq!(forwards, of((0..100).rev().collect()));
    assert_eq!(forwards.text(), of((0..100).rev().collect()).text());
    assert_ne!(forwards, of((0..99).collect()));
}

#[test]
fn argument_cannot_leave_its_segment() {
    for argument in [
        "1:profile",
        "*",
        "a\nb",
        "nul\0",
        &"x".repeat(10_000),
        "",
        "a b",
        "[a]",
        "{a}",
    ] {
        let mut key = Key::of(&PROFILE);
        key.push(argument);
        let text = key.text();
        assert_eq!(text.split(':').count(), 4, "{text}");
        assert!(text.len() < 200);
        assert!(
            !text.chars().any(|char| "*?[]{} \n\0".contains(char)),
            "{text}"
        );
    }
}

#[test]
fn argument_that_cannot_be_encoded_makes_the_key_unusable() {
    let mut key = call(42);
    key.push(&Failing);
    key.push(&1_u8);
    let fault = key.fault().copied().unwrap();
    assert_eq!(
        fault.to_string(),
        "key argument 2 cannot be encoded: its `Serialize` failed"
    );
    assert_ne!(key, call(42), "an unusable key is equal to no usable one");
    assert!(call(42).fault().is_none());
}

#[test]
fn template_without_its_argument_is_an_empty_segment() {
    assert!(Key::of(&PROFILE).text().starts_with("user:%:profile:"));
}

#[test]
fn text_splits_at_colons_and_is_escaped() {
    assert_eq!(Key::from("user:42:avatar").text(), "user:42:avatar");
    assert_eq!(Key::from("a b*:[c]").text(), "a%20b%2A:%5Bc%5D");
    assert_eq!(Key::from("").text(), "%");
    assert_eq!(Key::from(":a::b:").text(), "%:a:%:b:%");
    assert_eq!(Key::from(String::from("a:b")), Key::from("a:b"));
    assert_eq!(Key::from(&String::from("a:b")), Key::from("a:b"));
    assert_eq!(Key::from(&Key::from("a:b")), Key::from("a:b"));
    assert_eq!(Key::from_segments(["a", "b"]), Key::from("a:b"));
    assert_eq!(Key::from_segments(["a:b"]).text(), "a%3Ab");
    assert_eq!(Key::from_segments(Vec::<String>::new()).text(), "%");
}

#[test]
fn text_of_many_segments_is_bounded() {
    let few = vec!["a"; MAX_SEGMENTS];
    assert_eq!(Key::from_segments(&few).text(), few.join(":"));
    let many = Key::from_segments(vec!["a"; MAX_SEGMENTS + 1]).text();
    assert_eq!(many.split(':').count(), MAX_SEGMENTS);
    assert!(many.rsplit(':').next().unwrap().starts_with("%+"));
    assert_ne!(many, Key::from_segments(vec!["a"; MAX_SEGMENTS + 2]).text());
    assert!(Key::from(":".repeat(100_000)).text().len() < 200);
}

#[test]
fn text_never_names_the_entry_of_a_call() {
    let of_call = call(42).text();
    let imitation = Key::from(of_call.as_str());
    assert_eq!(imitation.text(), format!("{of_call}:%"));
    let twice = Key::from(imitation.text().replace('%', ""));
    assert_eq!(twice.text(), format!("{of_call}:%:%"));
    assert_ne!(imitation, call(42));
    assert_ne!(imitation.local(), call(42).local());
}

#[test]
fn debug_shows_no_argument() {
    let mut key = call(42);
    key.push("password");
    let shown = format!("{key:?} {:?}", Key::from("token:password"));
    assert!(shown.contains("app::profile"), "{shown}");
    assert!(
        !shown.contains("password") && !shown.contains("token"),
        "{shown}"
    );
    assert_ne!(format!("{:?}", call(1)), format!("{:?}", call(2)));
}

#[test]
fn equal_keys_hash_alike() {
    let map = HashMap::from([(call(1), 'a'), (Key::from("x"), 'b')]);
    assert_eq!(map.get(&call(1)), Some(&'a'));
    assert_eq!(map.get(&Key::from("x")), Some(&'b'));
    assert_eq!(
        map.hasher().hash_one(call(1)),
        map.hasher().hash_one(call(1).clone())
    );
}

#[test]
fn common_arguments_need_no_allocation() {
    let mut key = Key::of(&PROFILE);
    key.push(&u64::MAX);
    key.push(&Some(7_u32));
    key.push("a name of forty characters, more or less");
    assert!(matches!(key.material, KeyBytes::Inline { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn two_texts_never_name_one_entry(
        a in "([ab%:]|[0-9a-f]{32}){0,6}",
        b in "([ab%:]|[0-9a-f]{32}){0,6}",
        empties in ":{0,3}",
    ) {
        prop_assert_eq!(Key::from(&a).text() == Key::from(&b).text(), a == b);
        let longer = format!("{a}{empties}");
        prop_assert_eq!(Key::from(&a) == Key::from(&longer), a == longer);
        prop_assert!(!is_digest(Key::from(&a).text().rsplit(':').next().unwrap()));
    }

    #[test]
    fn segments_never_merge(
        a in prop::collection::vec("[ab:%]{0,2}", 1..40),
        b in prop::collection::vec("[ab:%]{0,2}", 1..40),
    ) {
        prop_assert_eq!(Key::from_segments(&a).text() == Key::from_segments(&b).text(), a == b);
        let text = a.join(":");
        prop_assert_eq!(Key::from(&text) == Key::from_segments(&a), text.split(':').eq(a.iter()));
    }

    #[test]
    fn text_of_arbitrary_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        text_of(&PROFILE, &bytes);
        text_of(None, &bytes);
    }
}

#[derive(Serialize)]
struct Argument {
    rust: &'static str,
    encoding: String,
    segment: String,
}

#[derive(Serialize)]
struct Call {
    identity: &'static str,
    encodings: Vec<String>,
    digest: String,
}

#[derive(Serialize)]
struct Text {
    text: &'static str,
    key: String,
}

fn hex(digest: u128) -> String {
    format!("{digest:032x}")
}

fn hex_of(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn argument(
    argument: &'static str,
    encode: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>,
) -> Argument {
    let (mut encoding, mut segment) = (KeyBytes::new(), String::new());
    encode(&mut encoding).unwrap();
    escape::push_component(&mut segment, &encoding);
    Argument {
        rust: argument,
        encoding: hex_of(&encoding),
        segment,
    }
}

/// One row for each expression: the expression, its encoding, and its segment.
macro_rules! arguments {
    ($($value:expr),* $(,)?) => {
        vec![$(argument(stringify!($value), |out| canonical::encode(&$value, out))),*]
    };
}

fn arguments() -> Vec<Argument> {
    #[derive(Serialize)]
    struct Marker;
    #[derive(Serialize)]
    struct UserId(u64);
    #[derive(Serialize)]
    struct Pair(u8, u8);
    #[derive(Serialize)]
    struct Point {
        x: i8,
        y: i8,
    }
    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct { side: u8 },
    }
    struct Bytes(&'static [u8]);
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    let mut rows = arguments![
        false,
        true,
        -1_i8,
        -1_i16,
        -1_i32,
        -1_i64,
        -1_i128,
        42_u8,
        42_u16,
        42_u32,
        42_u64,
        42_u128,
        0.5_f32,
        0.5_f64,
        -0.0_f64,
        'c',
        "",
        "42",
        "a b:c*é\n",
        "0123456789".repeat(20),
        Bytes(b"bytes"),
        None::<u8>,
        Some(42_u8),
        (),
        Marker,
        UserId(42),
        Pair(1, 2),
        Point { x: 1, y: -1 },
        Shape::Unit,
        Shape::Newtype(1),
        Shape::Tuple(1, 2),
        Shape::Struct { side: 1 },
        vec![1_u8, 2],
        (1_u8, "a"),
        HashMap::from([("b", 2_u8), ("a", 1), ("c", 3)]),
    ];
    rows.push(argument("HashSet [3, 1, 2]", |out| {
        canonical::encode_set(&HashSet::from([3_u8, 1, 2]), out)
    }));
    rows.push(argument("type parameter u8", |out| {
        canonical::encode_type("u8", out)
    }));
    rows
}

fn calls() -> Vec<Call> {
    let of = |identity, key: Key| Call {
        identity,
        encodings: components(key.local()).map(hex_of).collect(),
        digest: hex(digest_of(identity.as_bytes(), key.local())),
    };
    let mut two = call(42);
    two.push("a");
    vec![
        of("app::profile", Key::of(&PROFILE)),
        of("app::profile", call(42)),
        of("app::friends", call(42)),
        of("app::profile", two),
    ]
}

fn texts() -> Vec<Text> {
    let long: &str = "user:0123456789012345678901234567890123456789012345678901234567890123456789\
                      012345678901234567890123456789012345678901234567890123456789";
    [
        "user:42:avatar",
        "",
        ":a::",
        "a b:*?[]{}\\%:é\n",
        long,
        "user:0123456789abcdef0123456789abcdef",
        "user:0123456789abcdef0123456789abcdef:",
        "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21:22:23:24:25:26:27:28:29:30:31:32:33",
    ]
    .map(|text| Text {
        text,
        key: Key::from(text).text(),
    })
    .into()
}

fn rows<T: Serialize>(title: &str, rows: &[T]) -> String {
    let line = |row| {
        let mut sink = json::Sink::new(1 << 16);
        sink.write(row).unwrap();
        String::from_utf8(sink.into_bytes()).unwrap()
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    format!("\"{title}\": [\n{}\n]", lines.join(",\n"))
}

#[test]
fn digest_is_the_first_half_of_blake3() {
    // The published test vector of the empty input.
    assert_eq!(hex(digest(b"")), "af1349b9f5f9a1a6a0404dea36dcc949");
}

#[test]
fn key_bytes_are_pinned() {
    let file = format!(
        "{{\n\"format\": {FORMAT},\n{},\n{},\n{}\n}}\n",
        rows("arguments", &arguments()),
        rows("calls", &calls()),
        rows("texts", &texts()),
    );
    testing::assert_golden("keys.json", file.as_bytes());
}
