#![allow(clippy::option_option, reason = "a value that JSON finds hard")]

mod rich;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer, de, ser};

use super::{
    Sink, Unstorable,
    check::{MIXED_KEYS, NO_TEXT_KEY, NOT_FINITE, SOME_NULL, TOO_DEEP},
    decode,
};
use rich::{Rich, rich, tame};

const LIMIT: usize = 1 << 20;

fn written<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unstorable> {
    let mut sink = Sink::new(LIMIT);
    sink.write(value)?;
    Ok(sink.into_bytes())
}

/// Checks that a value comes back, and makes the same bytes when written again.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(value: &T) {
    let json = written(value).unwrap();
    let back: T = decode(&json).unwrap();
    assert_eq!(&back, value, "{}", String::from_utf8_lossy(&json));
}

fn refused<T: Serialize + ?Sized>(value: &T) -> &'static str {
    match written(value) {
        Err(Unstorable::NotJson(what)) => what,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn what_the_sink_accepts_comes_back_equal(value in rich()) {
        if let Ok(json) = written(&value) {
            let back: Option<Rich> = decode(&json);
            prop_assert_eq!(back, Some(value), "{}", String::from_utf8_lossy(&json));
        }
    }

    #[test]
    fn values_without_traps_are_accepted(value in tame()) {
        let json = written(&value).map_err(|why| TestCaseError::fail(why.to_string()))?;
        prop_assert_eq!(decode::<Rich>(&json), Some(value));
    }

    #[test]
    fn counting_agrees_with_writing(value in rich(), limit in 0..2000_usize) {
        let (mut kept, mut counted) = (Sink::new(limit), Sink::counting(limit));
        prop_assert_eq!(kept.write(&value), counted.write(&value));
        prop_assert_eq!(kept.len(), counted.len());
        prop_assert_eq!(kept.len(), kept.into_bytes().len());
        prop_assert!(counted.into_bytes().is_empty());
    }

    #[test]
    fn every_float_comes_back(double: u64, single: u32) {
        let (double, single) = (f64::from_bits(double), f32::from_bits(single));
        if double.is_finite() {
            let back: f64 = decode(&written(&double).unwrap()).unwrap();
            prop_assert_eq!(back.to_bits(), double.to_bits());
        } else {
            prop_assert_eq!(refused(&double), NOT_FINITE);
        }
        if single.is_finite() {
            let back: f32 = decode(&written(&single).unwrap()).unwrap();
            prop_assert_eq!(back.to_bits(), single.to_bits());
        } else {
            prop_assert_eq!(refused(&single), NOT_FINITE);
        }
    }

    #[test]
    fn decoding_arbitrary_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode::<Rich>(&bytes);
        let _ = decode::<String>(&bytes);
    }

    #[test]
    fn decoding_damaged_json_never_panics(value in tame(), at: prop::sample::Index, with: u8) {
        let mut json = written(&value).unwrap();
        let at = at.index(json.len());
        json[at] = with;
        let _ = decode::<Rich>(&json);
        let _ = decode::<Rich>(&json[..at]);
    }
}

#[test]
fn floats_that_are_not_finite_are_refused() {
    for value in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused(&value), NOT_FINITE);
        assert_eq!(refused(&Some(value)), NOT_FINITE);
        assert_eq!(refused(&vec![(1, value)]), NOT_FINITE);
        assert_eq!(refused(&HashMap::from([("a", value)])), NOT_FINITE);
    }
    assert_eq!(refused(&f32::NAN), NOT_FINITE);
    comes_back(&vec![0.0_f64, f64::MIN_POSITIVE, f64::MAX, 0.1, 5e-324]);
    assert_eq!(written(&-0.0_f64).unwrap(), b"-0.0");
}

#[test]
fn some_of_what_prints_null_is_refused() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype<T>(T);
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Nothing,
        Inner(Option<u8>),
    }
    #[derive(Serialize)]
    struct Holder {
        field: Option<Option<u8>>,
    }
    assert_eq!(refused(&Some(())), SOME_NULL);
    assert_eq!(refused(&Some(Unit)), SOME_NULL);
    assert_eq!(refused(&Some(None::<u8>)), SOME_NULL);
    assert_eq!(refused(&Some(Some(None::<u8>))), SOME_NULL);
    assert_eq!(refused(&Some(Newtype(None::<u8>))), SOME_NULL);
    assert_eq!(refused(&Newtype(Some(Newtype(())))), SOME_NULL);
    assert_eq!(refused(&Some(Untagged::Nothing)), SOME_NULL);
    assert_eq!(refused(&Some(Untagged::Inner(None))), SOME_NULL);
    assert_eq!(refused(&Holder { field: Some(None) }), SOME_NULL);
    assert_eq!(refused(&vec![Some(Some(())), None]), SOME_NULL);
}

#[test]
fn options_that_json_can_tell_apart_come_back() {
    comes_back(&None::<Option<u8>>);
    comes_back(&Some(Some(1_u8)));
    comes_back(&vec![Some(vec![None, Some(1_u8)]), None]);
    comes_back(&Some((None::<u8>, ())));
    comes_back(&());
}

#[test]
fn keys_that_are_no_text_are_refused() {
    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Point {
        x: u8,
    }
    assert_eq!(refused(&BTreeMap::from([((1, 2), 3)])), NO_TEXT_KEY);
    assert_eq!(refused(&BTreeMap::from([(Some("a"), 3)])), NO_TEXT_KEY);
    assert_eq!(refused(&BTreeMap::from([(None::<u8>, 3)])), NO_TEXT_KEY);
    assert_eq!(refused(&BTreeMap::from([((), 3)])), NO_TEXT_KEY);
    assert_eq!(refused(&BTreeMap::from([(vec![1], 3)])), NO_TEXT_KEY);
    assert_eq!(refused(&BTreeMap::from([(Point { x: 1 }, 3)])), NO_TEXT_KEY);
    assert_eq!(refused(&vec![BTreeMap::from([(vec![1], 3)])]), NO_TEXT_KEY);
}

#[test]
fn keys_that_print_as_text_come_back() {
    #[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Plan {
        Free,
        Pro,
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct UserId(u64);
    comes_back(&BTreeMap::from(
        [("", 1), ("a\"b\n", 2)].map(|(key, value)| (key.to_owned(), value)),
    ));
    comes_back(&BTreeMap::from([(u64::MAX, 1), (0, 2)]));
    comes_back(&BTreeMap::from([(i8::MIN, 1), (i8::MAX, 2)]));
    comes_back(&BTreeMap::from([(u128::MAX, 1)]));
    comes_back(&BTreeMap::from([(i128::MIN, 1)]));
    comes_back(&BTreeMap::from([(true, 1), (false, 2)]));
    comes_back(&BTreeMap::from([('"', 1), ('é', 2)]));
    comes_back(&BTreeMap::from([(Plan::Free, 1), (Plan::Pro, 2)]));
    comes_back(&BTreeMap::from([(UserId(1), 1), (UserId(2), 2)]));
}

#[test]
fn keys_of_several_kinds_in_one_map_are_refused() {
    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    #[serde(untagged)]
    enum Key {
        Number(u8),
        Text(&'static str),
    }
    assert_eq!(
        refused(&BTreeMap::from([
            (Key::Number(1), 'a'),
            (Key::Text("1"), 'b')
        ])),
        MIXED_KEYS
    );
    assert!(
        written(&BTreeMap::from([
            (Key::Text("1"), 'a'),
            (Key::Text("2"), 'b')
        ]))
        .is_ok()
    );
}

/// Opens `levels` lists inside each other.
#[derive(Debug, PartialEq)]
struct Lists(usize);

impl Serialize for Lists {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.checked_sub(1) {
            Some(inside) => [Self(inside)].serialize(serializer),
            None => serializer.serialize_u8(0),
        }
    }
}

impl<'de> Deserialize<'de> for Lists {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Lists;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lists")
            }
            fn visit_u64<E>(self, _: u64) -> Result<Lists, E> {
                Ok(Lists(0))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Lists, A::Error> {
                let inside: Lists = seq.next_element()?.unwrap();
                assert!(seq.next_element::<Lists>()?.is_none());
                Ok(Lists(inside.0.saturating_add(1)))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Nest {
    End,
    Newtype(Box<Nest>),
    Tuple(Box<Nest>, ()),
    Struct { inside: Box<Nest> },
    Map(BTreeMap<String, Nest>),
}

/// Puts a nest into another one.
type Wrap = fn(Nest) -> Nest;

fn nested(levels: usize, wrap: Wrap) -> Nest {
    (0..levels).fold(Nest::End, |inside, _| wrap(inside))
}

#[test]
fn refused_exactly_where_reading_would_stop() {
    comes_back(&Lists(127));
    assert_eq!(refused(&Lists(128)), TOO_DEEP);
    let wraps: [(Wrap, usize); 4] = [
        (|inside| Nest::Newtype(Box::new(inside)), 127),
        (|inside| Nest::Tuple(Box::new(inside), ()), 63),
        (
            |inside| Nest::Struct {
                inside: Box::new(inside),
            },
            63,
        ),
        (
            |inside| Nest::Map(BTreeMap::from([("a".to_owned(), inside)])),
            63,
        ),
    ];
    for (wrap, deepest) in wraps {
        comes_back(&nested(deepest, wrap));
        let deeper = nested(deepest.saturating_add(1), wrap);
        assert_eq!(refused(&deeper), TOO_DEEP);
        let unchecked = serde_json::to_vec(&deeper).unwrap();
        assert_eq!(
            decode::<Nest>(&unchecked),
            None,
            "serde_json reads deeper than it did"
        );
    }
}

#[test]
fn stops_at_the_limit_before_the_value_ends() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(None)?;
            loop {
                seq.serialize_element("more")?;
            }
        }
    }
    for mut sink in [Sink::new(LIMIT), Sink::counting(LIMIT)] {
        assert_eq!(
            sink.write(&Endless),
            Err(Unstorable::TooLarge { limit: LIMIT })
        );
        assert_eq!(sink.len(), 0);
    }
    let mut exact = Sink::appending_to(b"12".to_vec(), 6);
    assert_eq!(exact.write("abc"), Err(Unstorable::TooLarge { limit: 6 }));
    exact.write("ab").unwrap();
    assert_eq!(exact.into_bytes(), b"12\"ab\"");
}

#[test]
fn failing_serialize_is_told_apart_and_leaves_nothing() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(None)?;
            seq.serialize_element("password")?;
            Err(ser::Error::custom("password"))
        }
    }
    let mut sink = Sink::new(LIMIT);
    sink.write(&1).unwrap();
    assert_eq!(sink.write(&Failing), Err(Unstorable::Failed));
    assert_eq!(sink.into_bytes(), b"1");
}

#[test]
fn error_that_a_serialize_passes_over_is_still_seen() {
    struct Careless;
    impl Serialize for Careless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("good", &1)?;
            map.serialize_key("bad")?;
            if map.serialize_value(&f64::NAN).is_err() {
                map.serialize_value(&0)?;
            }
            map.end()
        }
    }
    assert_eq!(refused(&Careless), NOT_FINITE);
}

#[test]
fn reasons_hold_no_value() {
    assert_eq!(
        Unstorable::NotJson(NOT_FINITE).to_string(),
        "JSON cannot carry back a float that is not finite"
    );
    assert_eq!(
        Unstorable::TooLarge { limit: 8 }.to_string(),
        "longer than 8 bytes"
    );
}

#[test]
fn other_types_and_trailing_bytes_are_no_value() {
    assert_eq!(decode::<u8>(b"1"), Some(1));
    assert_eq!(decode::<u8>(b"300"), None);
    assert_eq!(decode::<u8>(b"1 2"), None);
    assert_eq!(decode::<u8>(b""), None);
    assert_eq!(decode::<String>(b"1"), None);
    assert_eq!(decode::<String>(b"\"\xff\""), None);
}
