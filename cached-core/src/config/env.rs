//! Settings from environment variables: [`Cache::from_env`](crate::Cache::from_env) and
//! [`Builder::with_env`](crate::Builder::with_env).

use std::time::Duration;

use crate::{
    config::Config,
    error::{Error, ErrorKind},
    key::registry::Registered,
};

/// Look-up of a variable by its name: a function, so that tests need not touch the process.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Applies to `config` every variable that is set and not empty.
///
/// # Errors
///
/// [`ErrorKind::Config`] if a variable does not parse.
pub(crate) fn apply(mut config: Config, variables: Variables<'_>) -> Result<Config, Error> {
    let find = |names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| read_value(variables, name).map(|text| (*name, text)))
    };
    if let Some((_, url)) = find(&["REDIS_URL"]) {
        config.set_address(url);
    }
    if let Some((name, text)) = find(&["CACHE_ENABLED", "REDIS_ENABLED"]) {
        config.enabled = parse_switch(name, &text)?;
    }
    if let Some((_, namespace)) = find(&["REDIS_CACHE_PREFIX"]) {
        config.set_namespace(&namespace);
    }
    if let Some((name, text)) = find(&[
        "REDIS_CACHE_TTL",
        "REDIS_TTL_DEFAULT",
        "REDIS_CACHE_TTL_DEFAULT",
    ]) {
        config.default_ttl = parse_time(name, &text)?;
    }
    if let Some((name, text)) = find(&["REDIS_POOL_SIZE", "REDIS_MAX_CONNECTIONS"]) {
        config.pool_size = parse_count(name, &text)?;
    }
    if let Some((name, text)) = find(&["REDIS_SOCKET_TIMEOUT"]) {
        config.op_timeout = parse_time(name, &text)?;
    }
    if let Some((name, text)) = find(&["REDIS_SOCKET_CONNECT_TIMEOUT"]) {
        config.connect_timeout = parse_time(name, &text)?;
    }
    if let Some((name, text)) = find(&["REDIS_RETRY_ON_TIMEOUT"]) {
        config.retry_on_timeout = parse_switch(name, &text)?;
    }
    Ok(config)
}

/// Returns the ttl that the variable `name` sets, if it is set.
fn read_ttl(variables: Variables<'_>, name: &str) -> Result<Option<Duration>, Error> {
    read_value(variables, name)
        .map(|text| parse_time(name, &text))
        .transpose()
}

/// Returns the settings that the environment of this process gives.
///
/// # Errors
///
/// [`ErrorKind::Config`] if a variable does not parse.
pub(crate) fn config() -> Result<Config, Error> {
    apply(Config::default(), &process)
}

/// Gives every annotated function the ttl that its variable sets.
///
/// # Errors
///
/// [`ErrorKind::Config`] if a variable does not parse; functions before it have their ttl already.
pub(crate) fn apply_ttls() -> Result<(), Error> {
    for Registered(function) in inventory::iter::<Registered> {
        let Some(variable) = function.ttl_env() else {
            continue;
        };
        let ttl = read_ttl(&process, variable).map_err(|error| {
            Error::new(
                ErrorKind::Config,
                format!("{error} (`ttl_env` of `{}`)", function.name()),
            )
        })?;
        if let Some(ttl) = ttl {
            function.set_ttl_override(ttl);
        }
    }
    Ok(())
}

/// Returns a variable of the process. One that is not Unicode is its lossy text, which then does not parse: an error,
/// not a silent default.
pub(crate) fn process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|text| text.to_string_lossy().into_owned())
}

fn read_value(variables: Variables<'_>, name: &str) -> Option<String> {
    variables(name)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn invalid_variable(name: &str, expected: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("the environment variable {name} does not parse: write {expected}"),
    )
}

fn parse_switch(name: &str, text: &str) -> Result<bool, Error> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(invalid_variable(name, "`true` or `false`")),
    }
}

fn parse_count(name: &str, text: &str) -> Result<usize, Error> {
    match text.parse() {
        Ok(0) | Err(_) => Err(invalid_variable(name, "a whole number of at least 1")),
        Ok(number) => Ok(number),
    }
}

fn parse_time(name: &str, text: &str) -> Result<Duration, Error> {
    parse_duration(text).ok_or_else(|| {
        invalid_variable(
            name,
            "seconds, as `300` or `0.5`, or a time with units, as `90s`, `5m` or `1h30m`",
        )
    })
}

/// Parses seconds, whole or with a fraction, or parts with units from weeks to milliseconds. A duration shorter than a
/// millisecond, or one that does not fit, is refused.
fn parse_duration(text: &str) -> Option<Duration> {
    let duration = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        Err(_) => parse_parts(text)?,
    };
    (duration >= Duration::from_millis(1)).then_some(duration)
}

fn parse_parts(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let number: u64 = number.parse().ok()?;
        let part = match unit.trim() {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3_600)?),
            "d" => Duration::from_secs(number.checked_mul(86_400)?),
            "w" => Duration::from_secs(number.checked_mul(604_800)?),
            _ => return None,
        };
        total = total.checked_add(part)?;
        rest = tail;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::builder::Builder;

    #[test]
    fn durations_have_units_or_are_seconds() {
        for (text, milliseconds) in [
            ("300", 300_000),
            ("0.5", 500),
            ("90s", 90_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("1w1d", 691_200_000),
            ("250ms", 250),
        ] {
            assert_eq!(
                parse_duration(text),
                Some(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "soon",
            "0",
            "-1",
            "5 parsecs",
            "m",
            "1h30",
            "inf",
            "NaN",
            "1e400",
            "99999999999999999999d",
            "99999999999999999w",
            "é5m",
            "0s",
            "0.0009",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_bad_value_names_the_variable_and_is_not_echoed() {
        for name in [
            "REDIS_CACHE_TTL",
            "REDIS_TTL_DEFAULT",
            "REDIS_CACHE_TTL_DEFAULT",
            "CACHE_ENABLED",
            "REDIS_ENABLED",
            "REDIS_POOL_SIZE",
            "REDIS_MAX_CONNECTIONS",
            "REDIS_SOCKET_TIMEOUT",
            "REDIS_SOCKET_CONNECT_TIMEOUT",
            "REDIS_RETRY_ON_TIMEOUT",
        ] {
            let error = apply(Config::default(), &|asked| {
                (asked == name).then(|| "soon-hunter2".to_owned())
            })
            .expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(name), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn empty_variables_are_as_if_unset() {
        assert!(apply(Config::default(), &|_| Some(" ".to_owned())).is_ok());
    }

    /// Returns the settings that `variables` make, as text that shows every one.
    fn settings(variables: &[(&str, &str)]) -> String {
        let find = |asked: &str| {
            let set = variables.iter().find(|(name, _)| *name == asked);
            set.map(|(_, text)| (*text).to_owned())
        };
        let config = apply(Config::default(), &find).expect("variables that parse");
        format!("Builder {{ config: {config:?} }}")
    }

    fn shown(builder: &Builder) -> String {
        format!("{builder:?}")
    }

    #[test]
    fn each_variable_sets_what_its_name_says_and_nothing_else() {
        let new = Builder::new;
        let (ttl, two) = (Duration::from_secs(90), Duration::from_secs(2));
        for (name, text, expected) in [
            (
                "REDIS_URL",
                "redis://cache",
                new().redis_url("redis://cache"),
            ),
            ("CACHE_ENABLED", "off", new().enabled(false)),
            ("REDIS_ENABLED", "No", new().enabled(false)),
            ("REDIS_CACHE_PREFIX", "shop", new().namespace("shop")),
            ("REDIS_CACHE_TTL", "90", new().default_ttl(ttl)),
            ("REDIS_TTL_DEFAULT", "1m30s", new().default_ttl(ttl)),
            ("REDIS_CACHE_TTL_DEFAULT", " 90s ", new().default_ttl(ttl)),
            ("REDIS_POOL_SIZE", "9", new().pool_size(9)),
            ("REDIS_MAX_CONNECTIONS", "9", new().pool_size(9)),
            ("REDIS_SOCKET_TIMEOUT", "2", new().op_timeout(two)),
            (
                "REDIS_SOCKET_CONNECT_TIMEOUT",
                "2s",
                new().connect_timeout(two),
            ),
            ("REDIS_RETRY_ON_TIMEOUT", "1", new().retry_on_timeout(true)),
        ] {
            assert_eq!(settings(&[(name, text)]), shown(&expected), "{name}");
            assert_ne!(shown(&expected), shown(&new()), "{name} sets the default");
        }
    }

    #[test]
    fn a_switch_turned_on_is_the_default_or_asks_for_a_retry() {
        for text in ["true", "1", "YES", "on"] {
            for name in ["CACHE_ENABLED", "REDIS_ENABLED"] {
                assert_eq!(settings(&[(name, text)]), shown(&Builder::new()), "{name}");
            }
            let retry = Builder::new().retry_on_timeout(true);
            let set = settings(&[("REDIS_RETRY_ON_TIMEOUT", text)]);
            assert_eq!(set, shown(&retry), "{text}");
        }
    }

    #[test]
    fn the_first_of_several_names_wins() {
        for (names, first, second) in [
            (&["CACHE_ENABLED", "REDIS_ENABLED"][..], "off", "on"),
            (
                &[
                    "REDIS_CACHE_TTL",
                    "REDIS_TTL_DEFAULT",
                    "REDIS_CACHE_TTL_DEFAULT",
                ],
                "90",
                "91",
            ),
            (&["REDIS_POOL_SIZE", "REDIS_MAX_CONNECTIONS"], "9", "10"),
        ] {
            for (place, winner) in names.iter().enumerate() {
                for other in names.iter().skip(place.saturating_add(1)) {
                    let alone = settings(&[(winner, first)]);
                    let both = settings(&[(other, second), (winner, first)]);
                    assert_eq!(both, alone, "{winner} before {other}");
                    // One that is empty does not stand in the way of the next.
                    let next = settings(&[(winner, " "), (other, second)]);
                    assert_eq!(next, settings(&[(other, second)]), "{other}");
                }
            }
        }
    }

    #[test]
    fn variables_are_set_together() {
        let set = settings(&[
            ("REDIS_CACHE_PREFIX", "shop"),
            ("REDIS_CACHE_TTL", "90"),
            ("REDIS_POOL_SIZE", "2"),
        ]);
        let expected = Builder::new()
            .namespace("shop")
            .default_ttl(Duration::from_secs(90))
            .pool_size(2);
        assert_eq!(set, shown(&expected));
    }
}
