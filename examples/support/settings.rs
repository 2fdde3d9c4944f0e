//! Settings of a service, from the environment.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;

/// Reads the variable `name`; `default` if it is not set or empty.
///
/// # Errors
///
/// If it does not parse; the message names the variable.
pub fn or<T: FromStr>(name: &str, default: T) -> anyhow::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    match text(name) {
        Some(text) => text
            .parse()
            .with_context(|| format!("the environment variable {name} does not parse")),
        None => Ok(default),
    }
}

/// Reads the variable `name` as a time, in seconds (`0.5`) or with a unit (`50ms`, `2s`, `30m`, `1h`), or `default`.
///
/// # Errors
///
/// If it does not parse; the message names the variable.
pub fn duration_or(name: &str, default: Duration) -> anyhow::Result<Duration> {
    match text(name) {
        Some(text) => duration(&text).with_context(|| {
            format!("the environment variable {name} does not parse: write `0.5`, `500ms` or `30m`")
        }),
        None => Ok(default),
    }
}

fn duration(text: &str) -> anyhow::Result<Duration> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
        .unwrap_or((text, 1.0));
    let number: f64 = number.parse()?;
    Ok(Duration::try_from_secs_f64(number * unit)?)
}

/// Reads the variable `name`, if it is set and not empty.
#[must_use]
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_or_have_a_unit() -> anyhow::Result<()> {
        for (text, milliseconds) in [
            ("2", 2_000),
            ("0.5", 500),
            ("50ms", 50),
            ("90s", 90_000),
            ("30m", 1_800_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                duration(text)?,
                Duration::from_millis(milliseconds),
                "{text}"
            );
        }
        for text in ["soon", "", "m", "1ss", "-1", "1e300h", "NaN"] {
            assert!(duration(text).is_err(), "{text}");
        }
        Ok(())
    }
}
