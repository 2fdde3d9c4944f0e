use super::*;
use crate::encoding::canonical::{KeyBytes, encode, encode_set};
use proptest::prelude::*;
use serde::Serialize;

fn escaped(text: &str) -> String {
    let mut out = String::from("user:");
    push_text(&mut out, text);
    out.split_off("user:".len())
}

fn component<T: Serialize + ?Sized>(value: &T) -> String {
    let (mut encoding, mut out) = (KeyBytes::new(), String::new());
    encode(value, &mut encoding).unwrap();
    push_component(&mut out, &encoding);
    out
}

/// Text that is likely to collide with what escaping makes, and to cross the limits of length.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => r"[ab%3AF~=+:*?\[\]\\{}\x00\x7f \n\u{a0}\u{2028}é日😀]{0,8}",
        2 => ".{0,40}",
        2 => (90_usize..135, ".{0,3}", ".{0,3}").prop_map(|(length, start, end)| {
            format!("{start}{}{end}", "a".repeat(length))
        }),
        1 => "%[~=+][0-9a-f]{32}",
    ]
}

fn is_clean(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= MAX_SEGMENT
        && !segment
            .chars()
            .any(|char| ":*?[]\\{}".contains(char) || char.is_whitespace() || char.is_control())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn two_texts_never_share_a_segment(a in text(), b in text()) {
        prop_assert_eq!(escaped(&a) == escaped(&b), a == b);
    }

    #[test]
    fn escaped_text_is_another_text(a in text()) {
        let once = escaped(&a);
        prop_assert_eq!(escaped(&once) == once, once == a);
    }

    #[test]
    fn segment_is_clean_and_short(a in text(), value: (Option<f64>, char)) {
        prop_assert!(is_clean(&escaped(&a)), "{}", escaped(&a));
        prop_assert_eq!(component(&a), escaped(&a));
        prop_assert!(is_clean(&component(&value)));
    }

    #[test]
    fn unescaped_by_any_url_decoder(a in "[ -~é日\n]{1,30}") {
        let (mut bytes, segment) = (vec![], escaped(&a));
        let mut rest = segment.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte == b'%' {
                let (digits, after) = rest.split_at(2);
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
                rest = after;
            } else {
                bytes.push(byte);
            }
        }
        prop_assert_eq!(bytes, a.as_bytes());
    }

    #[test]
    fn never_panics_on_bytes_that_are_no_component(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        push_component(&mut String::new(), &bytes);
    }
}

#[test]
fn every_character_alone_is_clean() {
    for char in '\0'..=char::MAX {
        let segment = escaped(char.encode_utf8(&mut [0; 4]));
        assert!(is_clean(&segment), "{char:?} gives {segment}");
    }
}

#[test]
fn special_characters_are_escaped() {
    assert_eq!(
        escaped("a:b*c?[d]\\e%f{g}"),
        "a%3Ab%2Ac%3F%5Bd%5D%5Ce%25f%7Bg%7D"
    );
    assert_eq!(escaped("a b\tc\n\0\u{7f}"), "a%20b%09c%0A%00%7F");
    assert_eq!(escaped("é日\u{a0}\u{202e}"), "é日%C2%A0%E2%80%AE");
    assert_eq!(escaped(""), "%");
    assert_eq!(escaped("%"), "%25");
}

#[test]
fn long_text_keeps_its_beginning() {
    assert_eq!(escaped(&"a".repeat(MAX_SEGMENT)), "a".repeat(MAX_SEGMENT));
    let long = escaped(&"a".repeat(MAX_SEGMENT + 1));
    assert_eq!(long.len(), MAX_SEGMENT);
    assert!(long.starts_with(&("a".repeat(READABLE) + "%~")));
    let many = escaped(&"é".repeat(1000));
    assert!(many.starts_with(&("é".repeat(READABLE / 2) + "%~")));
    assert!(escaped(&"\n".repeat(1000)).starts_with(&("%0A".repeat(READABLE / 3) + "%~")));
}

#[test]
fn scalar_arguments_are_readable_and_alike_across_types() {
    #[derive(Serialize)]
    struct UserId(u64);
    #[derive(Serialize)]
    enum Plan {
        #[serde(rename = "pro plan")]
        Pro,
    }
    assert_eq!(component(&42_u64), "42");
    assert_eq!(component("42"), "42");
    assert_eq!(component(&UserId(42)), "42");
    assert_eq!(component(&-7_i8), "-7");
    assert_eq!(component(&u128::MAX), u128::MAX.to_string());
    assert_eq!(component(&i128::MIN), i128::MIN.to_string());
    assert_eq!(component(&Some(UserId(42))), "42");
    assert_eq!(component(&true), "true");
    assert_eq!(component(&'*'), "%2A");
    assert_eq!(component(&Plan::Pro), "pro%20plan");
    assert_eq!(component(""), "%");
}

#[test]
fn other_arguments_are_digests() {
    let all = [
        component(&None::<u64>),
        component(&Some(vec![42_u64])),
        component(&()),
        component(&1.5_f64),
        component(&vec![42_u64]),
        component(&("a", 1)),
    ];
    for segment in &all {
        let digits = segment.strip_prefix("%=").unwrap();
        assert_eq!(digits.len(), 16);
        assert!(
            digits
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
        );
    }
    let mut set = (KeyBytes::new(), String::new());
    encode_set(&[42_u64], &mut set.0).unwrap();
    push_component(&mut set.1, &set.0);
    assert!(!all.contains(&set.1));
}
