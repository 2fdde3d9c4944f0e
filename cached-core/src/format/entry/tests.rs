use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::testing;

const LIMIT: usize = 1 << 20;

fn rendered(header: &Header, value: &str) -> Vec<u8> {
    render(header, |sink| sink.write(value), LIMIT).unwrap()
}

fn identity() -> impl Strategy<Value = Option<Identity>> {
    any::<Option<u64>>().prop_map(|number| number.map(Identity))
}

fn header() -> impl Strategy<Value = Header> {
    let outcome = prop::sample::select(vec![Outcome::Value, Outcome::None, Outcome::Error]);
    let marker = (any::<u128>(), identity()).prop_map(|(token, identity)| Marker {
        token: Token(Digits(hex::digits(token))),
        identity,
    });
    let milliseconds =
        || prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)].prop_map(Duration::from_millis);
    let markers = prop::collection::vec(marker, 0..9);
    (
        any::<u128>(),
        outcome,
        milliseconds(),
        milliseconds(),
        identity(),
        markers,
    )
        .prop_map(|(id, outcome, ttl, stale, identity, markers)| Header {
            id: Id(Digits(hex::digits(id))),
            outcome,
            ttl,
            stale,
            identity,
            markers: markers.into(),
        })
}

fn example() -> Header {
    Header {
        id: Id(Digits(*b"00112233445566778899aabbccddeeff")),
        outcome: Outcome::Value,
        ttl: Duration::from_secs(3600),
        stale: Duration::from_millis(1500),
        identity: Some(Identity(0x0123_4567_89ab_cdef)),
        markers: [
            Marker {
                token: Token(Digits(*b"fedcba9876543210fedcba9876543210")),
                identity: Some(Identity(0x0123_4567_89ab_cdef)),
            },
            Marker {
                token: Token(Digits(hex::digits(1))),
                identity: None,
            },
        ]
        .into_iter()
        .collect(),
    }
}

/// Reads `bytes`; `None` if they are damaged or not ours.
fn accepted(bytes: &[u8]) -> Option<Stored<'_>> {
    match read(bytes) {
        Stored::Foreign | Stored::Damaged(_) => None,
        Stored::Entry(entry) if entry.header().is_none() => None,
        stored => Some(stored),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rendered_is_read_back(header in header(), value in ".{0,40}") {
        let bytes = rendered(&header, &value);
        let Stored::Entry(back) = read(&bytes) else {
            return Err(TestCaseError::fail(format!("{:?}", read(&bytes))));
        };
        prop_assert_eq!(back.header(), Some(header));
        prop_assert_eq!(crate::format::json::decode::<String>(back.body), Some(value));
    }

    #[test]
    fn begins_with_the_id_that_a_store_expects(header in header()) {
        let prefix = header.id.prefix();
        prop_assert_eq!(prefix.len(), 36);
        prop_assert!(rendered(&header, "").starts_with(prefix.as_bytes()));
        let lease = header.id.lease();
        prop_assert!(lease.starts_with(prefix.as_bytes()));
        prop_assert_eq!(read(&lease), Stored::Lease(header.id));
    }

    #[test]
    fn damaged_bytes_are_never_read(
        header in header(),
        value in ".{0,20}",
        at: Index,
        damage in prop::collection::vec(any::<u8>(), 1..5),
    ) {
        let whole = rendered(&header, &value);
        let mut bytes = whole.clone();
        let at = at.index(bytes.len());
        for (place, with) in bytes[at..].iter_mut().zip(damage) {
            *place = with;
        }
        if bytes != whole {
            prop_assert_eq!(accepted(&bytes), None);
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_without_panic(
        start in prop::sample::select(vec![
            "", "cc1", "cc1 ", "cc2 ", "cc1 00112233445566778899aabbccddeeff",
            "cc1 00112233445566778899aabbccddeeff ", "cc1 00112233445566778899aabbccddeeff E 00000000 ",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let bytes = [start.as_bytes(), &rest].concat();
        prop_assert!(!matches!(read(&bytes), Stored::Entry(..)));
    }

    #[test]
    fn header_line_with_a_right_sum_never_panics(line in "[ven0-9a-f@ -]{0,60}\n?") {
        let before = "cc1 00112233445566778899aabbccddeeff E ";
        let sum = check_sum(before.as_bytes(), format!(" {line}").as_bytes());
        read(format!("{before}{sum:08x} {line}").as_bytes());
    }
}

#[test]
fn every_truncation_is_noticed() {
    let bytes = rendered(&example(), "a value of some length");
    for length in 0..bytes.len() {
        assert_eq!(accepted(&bytes[..length]), None, "cut to {length} bytes");
    }
    let lease = example().id.lease();
    for length in 0..lease.len() {
        assert_eq!(accepted(&lease[..length]), None, "cut to {length} bytes");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    for bytes in [
        rendered(&example(), "a value"),
        rendered(
            &Header {
                markers: PerGroup::new(),
                ..example()
            },
            "",
        ),
    ] {
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(accepted(&damaged), None, "bit {bit}");
        }
    }
}

#[test]
fn appended_bytes_are_noticed() {
    let bytes = rendered(&example(), "a value");
    for more in ["\n", " ", "\0", "x"] {
        assert_eq!(accepted(&[&bytes, more.as_bytes()].concat()), None);
        assert_eq!(
            accepted(&[&example().id.lease(), more.as_bytes()].concat()),
            None
        );
    }
}

#[test]
fn foreign_bytes_are_told_from_damaged_ones() {
    let id = example().id;
    assert_eq!(read(b""), Stored::Foreign);
    assert_eq!(read(b"cc1"), Stored::Foreign);
    assert_eq!(
        read(b"cc2 00112233445566778899aabbccddeeff L"),
        Stored::Foreign
    );
    assert_eq!(read(b"{\"json\":1}"), Stored::Foreign);
    assert_eq!(read(b"cc1 "), Stored::Damaged(None));
    assert_eq!(
        read(b"cc1 00112233445566778899AABBCCDDEEFF L"),
        Stored::Damaged(None)
    );
    assert_eq!(read(b"cc1 0011"), Stored::Damaged(None));
    assert_eq!(read(id.prefix().as_bytes()), Stored::Damaged(Some(id)));
    assert_eq!(
        read(&rendered(&example(), "")[..60]),
        Stored::Damaged(Some(id))
    );
}

#[test]
fn fields_are_written_one_way_only() {
    let whole = rendered(&example(), "x");
    let text = String::from_utf8(whole.clone()).unwrap();
    let (before, rest) = text.split_at(39);
    let resealed = |rest: &str| {
        let sum = check_sum(before.as_bytes(), rest.as_bytes());
        format!("{before}{sum:08x}{rest}").into_bytes()
    };
    let rest = &rest[8..];
    assert_eq!(resealed(rest), whole);
    for (from, to) in [
        (" v ", " x "),
        (" v ", "  v "),
        (" v ", " V "),
        (" 3600000 ", " 03600000 "),
        (" 3600000 ", " +3600000 "),
        (" 3600000 ", " -1 "),
        (" 3600000 ", " "),
        (" 3600000 ", " 18446744073709551616 "),
        (" 0123456789abcdef ", " 123456789abcdef "),
        (" 0123456789abcdef ", " 0123456789ABCDEF "),
        ("@-\n", "@\n"),
        ("@-\n", "@0123456789abcdef\n"),
        ("@-\n", "@- \n"),
        ("@-\n", "@-\r\n"),
        ("@-\n", "@-"),
    ] {
        let changed = rest.replacen(from, to, 1);
        assert_ne!(changed, rest, "{from:?} is in the header");
        assert_eq!(accepted(&resealed(&changed)), None, "{from:?} as {to:?}");
    }
}

#[test]
fn durations_are_whole_milliseconds_that_never_last_longer() {
    let header = Header {
        ttl: Duration::from_nanos(1_999_999),
        stale: Duration::MAX,
        ..example()
    };
    let bytes = rendered(&header, "");
    let Stored::Entry(back) = read(&bytes) else {
        panic!("{bytes:?}")
    };
    assert_eq!(back.ttl, Duration::from_millis(1));
    assert_eq!(back.stale, Duration::from_millis(u64::MAX));
}

#[test]
fn limit_is_on_the_whole_entry() {
    let length = rendered(&example(), "abc").len();
    let within = |limit| render(&example(), |sink| sink.write("abc"), limit);
    assert_eq!(within(length).unwrap().len(), length);
    for limit in [0, 39, length - 1] {
        assert_eq!(within(limit), Err(Unstorable::TooLarge { limit }));
    }
}

#[test]
fn value_that_cannot_be_stored_is_no_entry() {
    let refused = render(&example(), |sink| sink.write(&f64::NAN), LIMIT);
    assert!(matches!(refused, Err(Unstorable::NotJson(_))));
}

#[test]
fn ids_and_tokens_are_random() {
    let mut draws = Draws::default();
    let mut ids: HashSet<_> = (0..1000).map(|_| Id::drawn(&mut draws).unwrap()).collect();
    ids.extend((0..1000).map(|_| Id::random().unwrap()));
    let tokens = (0..1000).map(|_| Token::drawn(&mut draws).unwrap());
    let tokens: HashSet<_> = tokens.collect();
    assert_eq!((ids.len(), tokens.len()), (2000, 1000));
}

#[test]
fn token_is_read_from_its_marker_only() {
    let token = Token::drawn(&mut Draws::default()).unwrap();
    let marker = token.to_string();
    assert_eq!(Token::read(marker.as_bytes()), Some(token));
    assert_eq!(Token::read(&marker.as_bytes()[1..]), None);
    assert_eq!(Token::read(format!("{marker} ").as_bytes()), None);
    assert_eq!(Token::read(b""), None);
    assert_eq!(Token::read(&[b'G'; 32]), None);
}

#[test]
fn identity_follows_the_run_id() {
    let identity = Identity::of_run("3f8a9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b");
    assert_eq!(
        identity,
        Identity::of_run("3f8a9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b")
    );
    assert_ne!(
        identity,
        Identity::of_run("3f8a9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6c")
    );
    assert_eq!(identity.to_string().len(), 16);
}

#[test]
fn stored_bytes_are_pinned() {
    let json = |sink: &mut Sink| sink.write(&serde_value());
    testing::assert_golden("entry-value.txt", &render(&example(), json, LIMIT).unwrap());
    let none = Header {
        outcome: Outcome::None,
        stale: Duration::ZERO,
        identity: None,
        markers: PerGroup::new(),
        ..example()
    };
    testing::assert_golden(
        "entry-none.txt",
        &render(&none, |sink| sink.write(&()), LIMIT).unwrap(),
    );
    let error = Header {
        outcome: Outcome::Error,
        ttl: Duration::from_secs(5),
        ..none
    };
    testing::assert_golden(
        "entry-error.txt",
        &render(&error, |sink| sink.write("not found"), LIMIT).unwrap(),
    );
    testing::assert_golden("entry-lease.txt", &example().id.lease());
}

#[test]
fn pinned_bytes_are_read() {
    let value = testing::read_golden("entry-value.txt");
    let Stored::Entry(entry) = read(&value) else {
        panic!("{value:?}")
    };
    assert_eq!(entry.header(), Some(example()));
    assert_eq!(crate::format::json::decode(entry.body), Some(serde_value()));
    assert!(matches!(
        read(&testing::read_golden("entry-none.txt")),
        Stored::Entry(Entry {
            outcome: Outcome::None,
            body: b"null",
            ..
        })
    ));
    assert!(matches!(
        read(&testing::read_golden("entry-error.txt")),
        Stored::Entry(Entry {
            outcome: Outcome::Error,
            body: b"\"not found\"",
            ..
        })
    ));
    assert_eq!(
        read(&testing::read_golden("entry-lease.txt")),
        Stored::Lease(example().id)
    );
}

type Value = (
    String,
    Vec<f64>,
    Option<u64>,
    std::collections::BTreeMap<String, bool>,
);

fn serde_value() -> Value {
    (
        "é \"quoted\"\n".to_owned(),
        vec![0.1, -0.0, 2.5],
        Some(u64::MAX),
        [("on".to_owned(), true)].into(),
    )
}
