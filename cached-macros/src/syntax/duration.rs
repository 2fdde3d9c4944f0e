//! Durations as they are written: `300`, `60 * 5`, `"1h30m"`, a constant expression or a closure.

use std::time::Duration;

use syn::{BinOp, Expr, ExprLit, Lit, UnOp};

use super::groups::peel_expr;

/// The value of `ttl =`, `cache_none =` and the like.
pub(crate) enum DurationExpr {
    /// Known here.
    Known(Duration),
    /// Known to the compiler.
    Constant(Expr),
    /// Known once there is a value.
    Closure(Expr),
}

/// Longest time an entry may be kept: a thousand years. Redis counts milliseconds since 1970 in 64
/// bits, so anything near that limit would overflow there instead of here.
const LONGEST: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);

/// Units with their milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Words that people write instead of the units.
const WORDS: [(&str, &[&str]); 6] = [
    ("w", &["wk", "wks", "week", "weeks"]),
    ("d", &["day", "days"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("m", &["min", "mins", "minute", "minutes"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    (
        "ms",
        &["msec", "msecs", "millis", "millisecond", "milliseconds"],
    ),
];

/// The suffixes of integers.
const INTEGERS: [&str; 13] = [
    "", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
];

/// Parses the expression behind `keyword =`.
pub(crate) fn parse_duration(keyword: &str, expr: &Expr) -> syn::Result<DurationExpr> {
    let fail = |message: String| syn::Error::new_spanned(expr, message);
    let known = match peel_expr(expr) {
        Expr::Closure(_) => return Ok(DurationExpr::Closure(expr.clone())),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => parse_text(&text.value()).map_err(|wrong| fail(wrong.message(keyword)))?,
        Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Int(_)) => {
            return Err(fail(format!(
                "`{keyword}` takes a time: write `{keyword} = \"5m\"`, or a whole number of seconds"
            )));
        }
        _ => match evaluate_seconds(keyword, expr)? {
            Some(seconds) => Duration::from_secs(seconds),
            None => return Ok(DurationExpr::Constant(expr.clone())),
        },
    };
    if known.is_zero() {
        let nothing = if keyword.starts_with("stale") {
            "nothing would ever be served past its ttl: leave it out, or"
        } else {
            "nothing would ever be kept:"
        };
        Err(fail(format!(
            "`{keyword}` is zero, so {nothing} write a time such as `{keyword} = \"5m\"`"
        )))
    } else if known > LONGEST {
        Err(fail(too_long_message(keyword)))
    } else {
        Ok(DurationExpr::Known(known))
    }
}

/// Evaluates integer arithmetic over literals; `None` if something else is in it.
fn evaluate_seconds(keyword: &str, expr: &Expr) -> syn::Result<Option<u64>> {
    match peel_expr(expr) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => {
            let suffix = number.suffix();
            if !INTEGERS.contains(&suffix) {
                let meant = respell(&number.to_string()).unwrap_or_else(|| "5m".to_owned());
                return Err(syn::Error::new(
                    number.span(),
                    format!("a time with a unit is a string: write `\"{meant}\"`"),
                ));
            }
            number
                .base10_parse()
                .map(Some)
                .map_err(|_| overflow_error(keyword, expr))
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            match evaluate_seconds(keyword, &unary.expr)? {
                Some(_) => Err(syn::Error::new_spanned(
                    expr,
                    format!(
                        "`{keyword}` cannot be negative: write a time such as `{keyword} = \"5m\"`"
                    ),
                )),
                None => Ok(None),
            }
        }
        Expr::Binary(binary) => {
            let (Some(left), Some(right)) = (
                evaluate_seconds(keyword, &binary.left)?,
                evaluate_seconds(keyword, &binary.right)?,
            ) else {
                return Ok(None);
            };
            match binary.op {
                BinOp::Add(_) => left.checked_add(right),
                BinOp::Sub(_) => left.checked_sub(right),
                BinOp::Mul(_) => left.checked_mul(right),
                BinOp::Div(_) => left.checked_div(right),
                BinOp::Rem(_) => left.checked_rem(right),
                _ => return Ok(None),
            }
            .map(Some)
            .ok_or_else(|| overflow_error(keyword, expr))
        }
        _ => Ok(None),
    }
}

fn too_long_message(keyword: &str) -> String {
    format!(
        "`{keyword}` is longer than a thousand years: write a time such as `{keyword} = \"365d\"`"
    )
}

fn overflow_error(keyword: &str, expr: &Expr) -> syn::Error {
    syn::Error::new_spanned(
        expr,
        format!(
            "`{keyword}` is no number of seconds (of 64 bits, not negative, not divided by zero): write a time such as `{keyword} = \"5m\"`"
        ),
    )
}

/// An error in the text of a duration.
#[derive(Debug, PartialEq)]
enum TextError {
    Empty,
    NoUnit(String),
    NoNumber(String),
    Fraction,
    /// The unit, and the time as it is to be written.
    UnknownUnit(String, Option<String>),
    Order,
    Overflow,
}

impl TextError {
    fn message(&self, keyword: &str) -> String {
        let units = "the units are `ms`, `s`, `m`, `h`, `d` and `w`";
        match self {
            TextError::Empty => {
                format!("`{keyword}` is empty: write a time such as `{keyword} = \"5m\"`")
            }
            TextError::NoUnit(number) => format!(
                "`{keyword}` needs a unit: write `{keyword} = \"{number}s\"` or `{keyword} = \"5m\"`; {units}"
            ),
            TextError::NoNumber(text) => format!(
                "`{text}` is not a time: write a number and a unit, such as `{keyword} = \"5m\"`"
            ),
            TextError::Fraction => {
                format!("`{keyword}` takes whole numbers: write `\"1h30m\"` instead of `\"1.5h\"`")
            }
            TextError::UnknownUnit(unit, meant) => {
                let meant = meant.as_deref().unwrap_or("5m");
                format!("`{unit}` is not a unit of time: write `{keyword} = \"{meant}\"`; {units}")
            }
            TextError::Order => {
                format!("write each unit of `{keyword}` once, the longest first, as in `\"1h30m\"`")
            }
            TextError::Overflow => too_long_message(keyword),
        }
    }
}

/// Parses `"90s"`, `"1h30m"`, `"1h 30m"`: numbers and units, the longest unit first.
fn parse_text(text: &str) -> Result<Duration, TextError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(TextError::Empty);
    }
    let mut total: u64 = 0;
    let mut shorter_than = u64::MAX;
    while !rest.is_empty() {
        let (number, after) = split_while(rest, |c| c.is_ascii_digit());
        if number.is_empty() {
            return Err(TextError::NoNumber(text.trim().to_owned()));
        }
        if after.starts_with(['.', ',']) {
            return Err(TextError::Fraction);
        }
        let (unit, after) = split_while(after.trim_start(), |c| {
            !c.is_ascii_digit() && !c.is_whitespace()
        });
        if unit.is_empty() {
            return Err(TextError::NoUnit(number.to_owned()));
        }
        let Some((_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(TextError::UnknownUnit(unit.to_owned(), respell(text)));
        };
        if *length >= shorter_than {
            return Err(TextError::Order);
        }
        shorter_than = *length;
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*length))
            .and_then(|part| total.checked_add(part))
            .ok_or(TextError::Overflow)?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// Spells `"1 hour 30min"` as `"1h30m"`: every word as its unit, if that makes it a duration.
fn respell(text: &str) -> Option<String> {
    let mut respelt = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, after) = split_while(rest, |c| c.is_ascii_digit());
        let (word, after) = split_while(after.trim_start(), |c| {
            !c.is_ascii_digit() && !c.is_whitespace()
        });
        let word = word.to_ascii_lowercase();
        let (unit, _) = WORDS
            .iter()
            .find(|(unit, words)| *unit == word || words.contains(&word.as_str()))?;
        respelt.push_str(number);
        respelt.push_str(unit);
        rest = after.trim_start();
    }
    parse_text(&respelt).is_ok().then_some(respelt)
}

fn split_while(text: &str, inside: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !inside(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, seconds: u64) {
        assert_eq!(parse_text(text), Ok(Duration::from_secs(seconds)), "{text}");
    }

    #[test]
    fn times_read_as_written() {
        check("90s", 90);
        check("5m", 300);
        check("1h30m", 5400);
        check(" 1h 30m ", 5400);
        check("1 h", 3600);
        check("7d", 604_800);
        check("1w1d", 691_200);
        assert_eq!(parse_text("1s500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_text("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn each_mistake_is_told_apart() {
        assert_eq!(parse_text(""), Err(TextError::Empty));
        assert_eq!(parse_text("300"), Err(TextError::NoUnit("300".into())));
        assert_eq!(parse_text("1h30"), Err(TextError::NoUnit("30".into())));
        assert_eq!(parse_text("soon"), Err(TextError::NoNumber("soon".into())));
        assert_eq!(parse_text("-5m"), Err(TextError::NoNumber("-5m".into())));
        assert_eq!(parse_text("1.5h"), Err(TextError::Fraction));
        assert_eq!(
            parse_text("5 parsecs"),
            Err(TextError::UnknownUnit("parsecs".into(), None))
        );
        assert_eq!(parse_text("5m1h"), Err(TextError::Order));
        assert_eq!(parse_text("5m5m"), Err(TextError::Order));
        assert_eq!(
            parse_text("99999999999999999999s"),
            Err(TextError::Overflow)
        );
        assert_eq!(parse_text("99999999999999999w"), Err(TextError::Overflow));
    }

    #[test]
    fn words_are_respelt_as_units() {
        for (written, meant) in [
            ("5min", Some("5m")),
            ("1 hour", Some("1h")),
            ("1 Hour 30 minutes", Some("1h30m")),
            ("1h30min", Some("1h30m")),
            ("5M", Some("5m")),
            ("250 millis", Some("250ms")),
            ("2weeks", Some("2w")),
            ("1 month", None),
            ("30min 1h", None),
        ] {
            assert_eq!(respell(written).as_deref(), meant, "{written}");
        }
    }

    #[test]
    fn arithmetic_is_done_here() {
        let known = |text: &str| match parse_duration("ttl", &syn::parse_str(text).unwrap()) {
            Ok(DurationExpr::Known(length)) => Some(length.as_secs()),
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(known("300"), Some(300));
        assert_eq!(known("60 * 5"), Some(300));
        assert_eq!(known("(1 + 1) * 60_u64"), Some(120));
        assert_eq!(known("DAY"), None);
        assert_eq!(known("60 * MINUTES"), None);
        for wrong in [
            "0",
            "1 - 1",
            "-5",
            "1 - 2",
            "1 / 0",
            "18446744073709551615 + 1",
            "18446744073709551616",
            "5m",
            "5min",
            "5f",
            "1.5",
            "true",
            "18446744073709551615",
        ] {
            assert!(
                parse_duration("ttl", &syn::parse_str(wrong).unwrap()).is_err(),
                "{wrong}"
            );
        }
    }
}
