//! Lowercase hex digits, with which keys, entries and markers are written.
//!
//! Every hit on Redis parses a dozen such numbers, so eight digits are parsed at a time: a tenth of the instructions of
//! one after the other.

/// A one in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Returns the number that exactly `digits` lowercase hex digits stand for: 8, 16 or 32 of them.
pub(crate) fn parse(field: &[u8], digits: usize) -> Option<u128> {
    let (parts, rest) = field.as_chunks::<8>();
    if field.len() != digits || digits > 32 || !rest.is_empty() {
        return None;
    }
    // In halves, because numbers of 128 bits are slow.
    let (mut upper, mut lower) = (0_u64, 0_u64);
    for part in parts {
        upper = upper << 32 | lower >> 32;
        lower = lower << 32 | u64::from(parse_eight(*part)?);
    }
    Some(u128::from(upper) << 64 | u128::from(lower))
}

/// Returns the number that eight digits stand for.
fn parse_eight(digits: [u8; 8]) -> Option<u32> {
    let digits = u64::from_be_bytes(digits);
    // No sum below reaches from one byte into the next.
    let is_letter = digits >> 6 & ONES;
    let values = (digits & ONES.wrapping_mul(0x0f)).wrapping_add(is_letter.wrapping_mul(9));
    let beyond_nine = values.wrapping_add(ONES.wrapping_mul(0x76)) >> 7 & ONES;
    let beyond_fifteen = values.wrapping_add(ONES.wrapping_mul(0x70)) >> 7 & ONES;
    let written = values
        .wrapping_add(ONES.wrapping_mul(u64::from(b'0')))
        .wrapping_add(is_letter.wrapping_mul(u64::from(b'a' - b'0' - 10)));
    if written != digits || beyond_nine != is_letter || beyond_fifteen != 0 {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((fours | fours >> 16) & 0xffff_ffff).ok()
}

/// Returns `true` if there is nothing else in `field`.
pub(crate) fn are_digits(field: &[u8]) -> bool {
    // Without an early return the compiler checks many bytes at a time.
    field.iter().fold(true, |all, byte| {
        all & matches!(byte, b'0'..=b'9' | b'a'..=b'f')
    })
}

/// Appends `number` in 32 digits.
pub(crate) fn push(out: &mut String, number: u128) {
    // Digits are always text.
    out.push_str(std::str::from_utf8(&digits(number)).unwrap_or_default());
}

/// Returns the 32 digits of `number`.
pub(crate) fn digits(number: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair.copy_from_slice(&[to_digit(byte >> 4), to_digit(byte & 0xf)]);
    }
    digits
}

fn to_digit(value: u8) -> u8 {
    let letter = if value > 9 { b'a' - b'0' - 10 } else { 0 };
    value.wrapping_add(b'0').wrapping_add(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_byte_is_a_digit_or_none() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut digits = *b"09af1234";
                digits[place] = byte;
                let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let expected = is_digit.then(|| {
                    let digits = std::str::from_utf8(&digits).unwrap();
                    u32::from_str_radix(digits, 16).unwrap()
                });
                assert_eq!(parse_eight(digits), expected, "{byte:#x} at {place}");
                assert_eq!(are_digits(&digits), is_digit, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn the_number_of_digits_counts() {
        assert_eq!(parse(b"0000000f", 8), Some(15));
        assert_eq!(parse(b"0000000f", 16), None);
        assert_eq!(parse(b"", 0), Some(0));
        assert_eq!(parse(b"00000000f", 9), None);
        assert_eq!(parse(&[b'0'; 40], 40), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u128) {
            let mut text = String::new();
            push(&mut text, number);
            prop_assert_eq!(&text, &format!("{number:032x}"));
            prop_assert_eq!(parse(text.as_bytes(), 32), Some(number));
            prop_assert!(are_digits(text.as_bytes()));
            prop_assert_eq!(parse(&text.as_bytes()[16..], 16), Some(number & u128::from(u64::MAX)));
        }
    }
}
