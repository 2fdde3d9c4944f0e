#![allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]

mod shown;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use proptest::prelude::*;
use proptest::sample::Index;
use serde::ser::{self, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{EncodeError, KeyBytes, encode, encode_set, encode_type, read_scalar};
use shown::{Shown, shown};

fn encoded<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = KeyBytes::new();
    encode(value, &mut out).unwrap();
    out.to_vec()
}

fn encoded_set<'a, T: Serialize + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<u8> {
    let mut out = KeyBytes::new();
    encode_set(values, &mut out).unwrap();
    out.to_vec()
}

fn failed<T: Serialize>(value: &T) -> EncodeError {
    let mut out = KeyBytes::new();
    out.append(b"before").unwrap();
    let error = encode(value, &mut out).unwrap_err();
    assert_eq!(
        &*out, b"before",
        "what was written before an error stays as it was"
    );
    error
}

/// Equal bytes exactly for equal values, and no encoding is the beginning of another.
fn check(a: &Shown, b: &Shown) -> Result<(), TestCaseError> {
    let (left, right) = (encoded(a), encoded(b));
    let same = a.sorted() == b.sorted();
    prop_assert_eq!(left == right, same, "{:?} and {:?}", a, b);
    prop_assert!(
        same || !left.starts_with(&right),
        "{:?} begins with {:?}",
        a,
        b
    );
    prop_assert!(
        same || !right.starts_with(&left),
        "{:?} begins with {:?}",
        b,
        a
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn two_values_share_bytes_only_if_serde_shows_them_alike(a in shown(), b in shown()) {
        check(&a, &b)?;
    }

    #[test]
    fn neighbours_share_bytes_only_if_serde_shows_them_alike(a in shown(), at: Index, again: Index) {
        let near = a.neighbours();
        let b = at.get(&near);
        check(&a, b)?;
        let nearer = b.neighbours();
        check(&a, again.get(&nearer))?;
    }

    #[test]
    fn order_of_map_entries_does_not_matter_at_any_depth(a in shown(), seed: u64) {
        let shuffled = a.shuffled(&mut seed.max(1));
        prop_assert_eq!(encoded(&a), encoded(&shuffled));
    }

    #[test]
    fn order_of_a_set_does_not_matter(values in prop::collection::vec(shown(), 0..6), seed: u64) {
        let shuffled = shown::shuffle(values.clone(), &mut seed.max(1));
        prop_assert_eq!(encoded_set(&values), encoded_set(&shuffled));
        prop_assert_ne!(encoded_set(&values), encoded(&values));
    }

    #[test]
    fn two_sets_share_bytes_only_if_they_are_equal(
        mut a in prop::collection::vec(shown(), 0..4),
        mut b in prop::collection::vec(shown(), 0..4),
        at: Index,
    ) {
        prop_assert_eq!(encoded_set(&a) == encoded_set(&b), shown::as_set(&a) == shown::as_set(&b));
        b.clone_from(&a);
        if let Some(last) = b.pop() {
            b.push(at.get(&last.neighbours()).clone());
        }
        prop_assert_eq!(encoded_set(&a) == encoded_set(&b), shown::as_set(&a) == shown::as_set(&b));
        a.push(Shown::Unit);
        prop_assert_ne!(encoded_set(&a), encoded_set(&b));
    }

    #[test]
    fn hash_maps_inserted_in_any_order_are_alike(
        map in prop::collection::btree_map(
            "[a-c]{0,2}",
            prop::collection::btree_map(any::<u8>(), prop::collection::vec(any::<i16>(), 0..3), 0..12),
            0..12,
        ),
    ) {
        // Two hash maps differ in their seed, so they iterate differently even without the `rev`.
        let forwards: HashMap<_, HashMap<_, _>> =
            map.iter().map(|(key, inner)| (key, inner.iter().collect())).collect();
        let backwards: HashMap<_, HashMap<_, _>> =
            map.iter().rev().map(|(key, inner)| (key, inner.iter().rev().collect())).collect();
        prop_assert_eq!(encoded(&forwards), encoded(&backwards));
        prop_assert_eq!(encoded(&forwards), encoded(&map));
    }

    #[test]
    fn scalar_never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = read_scalar(&bytes);
    }

    #[test]
    fn scalar_never_panics_on_a_damaged_encoding(a in shown(), at: Index, with: u8) {
        let mut bytes = encoded(&a);
        let at = at.index(bytes.len());
        bytes[at] = with;
        let _ = read_scalar(&bytes);
        let _ = read_scalar(&bytes[..at]);
    }
}

#[test]
fn near_collisions_differ() {
    let all = [
        encoded(&None::<u8>),
        encoded(&()),
        encoded(&Some(None::<u8>)),
        encoded(&Some(())),
        encoded(&f64::NAN),
        encoded(&f32::NAN),
        encoded(&1_u8),
        encoded(&1_i8),
        encoded(&1_u16),
        encoded(&1_u32),
        encoded(&1_u64),
        encoded(&1_u128),
        encoded(&1_i64),
        encoded(&true),
        encoded(&1.0_f64),
        encoded(&1.0_f32),
        encoded("1"),
        encoded(&'1'),
        encoded(&["1"]),
        encoded(&vec!["1"]),
        encoded(&("1",)),
        encoded(&Some("1")),
        encoded(&0.0_f64),
        encoded(&-0.0_f64),
        encoded(&("ab", "c")),
        encoded(&("a", "bc")),
        encoded(&("abc", "")),
        encoded(&("", "abc")),
        encoded(&vec!["ab", "c"]),
        encoded(&vec![vec![1_u8], vec![]]),
        encoded(&vec![vec![], vec![1_u8]]),
        encoded(&vec![vec![1_u8]]),
        encoded(&Vec::<u8>::new()),
        encoded(&BTreeMap::<u8, u8>::new()),
        encoded(""),
        encoded("\0"),
        encoded(&BTreeMap::from([("a", "b")])),
        encoded(&BTreeMap::from([("a", BTreeMap::from([("b", "c")]))])),
        encoded(&BTreeMap::from([
            ("a", BTreeMap::new()),
            ("b", BTreeMap::from([("c", "")])),
        ])),
        encoded_set(&Vec::<u8>::new()),
        encoded_set(&[1_u8]),
        encoded_set(&["1"]),
    ];
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(
        distinct.len(),
        all.len() - 1,
        "only `[\"1\"]` and `(\"1\",)` are alike: both are tuples to serde"
    );
    assert_eq!(encoded(&["1"]), encoded(&("1",)));
}

#[test]
fn references_and_boxes_are_what_they_hold() {
    assert_eq!(encoded(&Box::new("a".to_owned())), encoded("a"));
    assert_eq!(encoded(&&&7_u64), encoded(&7_u64));
}

#[test]
fn readable_form_is_encoded() {
    assert_eq!(
        encoded(&"127.0.0.1".parse::<IpAddr>().unwrap()),
        encoded("127.0.0.1")
    );
}

#[test]
fn displayed_value_is_its_text() {
    struct Shouted<'a>(&'a str);
    impl Serialize for Shouted<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("{}{}", self.0, '!'))
        }
    }
    assert_eq!(encoded(&Shouted("hear")), encoded("hear!"));
    assert_eq!(
        failed(&Shouted(&"x".repeat(super::buffer::MAX_LENGTH))),
        EncodeError::TooLarge
    );
}

#[test]
fn type_name_is_no_string() {
    let mut out = KeyBytes::new();
    encode_type("u8", &mut out).unwrap();
    assert_ne!(out.to_vec(), encoded("u8"));
}

#[test]
fn deeper_than_the_limit_is_an_error() {
    let nested = |levels| (0..levels).fold(Shown::Unit, |inner, _| Shown::Some(Box::new(inner)));
    encoded(&nested(128));
    assert_eq!(failed(&nested(129)), EncodeError::TooDeep);
    let lists = |levels| (0..levels).fold(Shown::Unit, |inner, _| Shown::Seq(vec![inner]));
    encoded(&lists(128));
    assert_eq!(failed(&lists(129)), EncodeError::TooDeep);
    encoded_set(&[lists(127)]);
    assert_eq!(
        encode_set(&[lists(128)], &mut KeyBytes::new()),
        Err(EncodeError::TooDeep)
    );
}

#[test]
fn longer_than_the_limit_is_an_error() {
    assert_eq!(
        failed(&"x".repeat(super::buffer::MAX_LENGTH)),
        EncodeError::TooLarge
    );
    assert_eq!(
        failed(&vec![(); super::buffer::MAX_LENGTH]),
        EncodeError::TooLarge
    );
    encoded(&"x".repeat(super::buffer::MAX_LENGTH - 5));
}

#[test]
fn failing_serialize_is_an_error_without_its_message() {
    struct Secret;
    impl Serialize for Secret {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(None)?;
            seq.serialize_element("password")?;
            Err(ser::Error::custom("password"))
        }
    }
    let error = failed(&vec![Secret]);
    assert_eq!(error, EncodeError::Refused);
    assert!(!error.to_string().contains("password"));
    assert_eq!(
        encode_set(&[Secret], &mut KeyBytes::new()),
        Err(EncodeError::Refused)
    );
}

#[test]
fn map_that_breaks_serdes_rules_is_an_error() {
    struct Calls(&'static str);
    impl Serialize for Calls {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for call in self.0.chars() {
                if call == 'k' {
                    map.serialize_key(&1)?;
                } else {
                    map.serialize_value(&1)?;
                }
            }
            map.end()
        }
    }
    for calls in ["k", "v", "kk", "kvv", "kvk"] {
        assert_eq!(failed(&Calls(calls)), EncodeError::Refused, "{calls}");
    }
    encoded(&Calls("kvkv"));
}
