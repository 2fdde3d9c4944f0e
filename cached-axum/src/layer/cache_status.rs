//! `Cache-Status` of a response: RFC 9211.

use std::{fmt::Write as _, time::Duration};

use cached_core::{Answer, Observation};
use http::{HeaderName, HeaderValue};
use sfv::{Integer, ItemSerializer, KeyRef, StringRef, TokenRef, key_ref, token_ref};

pub(crate) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

const HIT: &KeyRef = key_ref("hit");
const FORWARDED: &KeyRef = key_ref("fwd");
const STORED: &KeyRef = key_ref("stored");
const COLLAPSED: &KeyRef = key_ref("collapsed");
const TTL: &KeyRef = key_ref("ttl");
const DETAIL: &KeyRef = key_ref("detail");

/// The cached calls of one request, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    hits: usize,
    stale: usize,
    loads: usize,
    stored: usize,
    shared: usize,
    bypassed: usize,
    /// Calls beyond those that were observed one by one.
    more: u64,
    /// The shortest time for which an answer is fresh.
    fresh_for: Option<Duration>,
}

impl Summary {
    pub(crate) fn of(calls: &[Observation], more: u64) -> Self {
        let count = |answer| calls.iter().filter(|call| call.answer == answer).count();
        Self {
            hits: count(Answer::Hit),
            stale: count(Answer::Stale),
            loads: count(Answer::Loaded),
            stored: calls.iter().filter(|call| call.stored).count(),
            shared: count(Answer::Shared),
            bypassed: count(Answer::Bypassed),
            more,
            fresh_for: calls.iter().filter_map(|call| call.fresh_for).min(),
        }
    }

    /// Returns the list member of a cache with this name; `is_requested` if the client asked for new answers, and was
    /// allowed to.
    pub(crate) fn member(&self, name: &str, is_requested: bool) -> Option<HeaderValue> {
        let item = ItemSerializer::new();
        let mut item = match TokenRef::from_str(name) {
            Ok(name) => item.bare_item(name),
            Err(_) => item.bare_item(StringRef::from_str(name).ok()?),
        };
        if self.loads > 0 || self.shared > 0 {
            let why = if is_requested { "request" } else { "miss" };
            item = item.parameter(FORWARDED, TokenRef::from_str(why).ok()?);
            if self.loads > 0 && self.stored == self.loads {
                item = item.parameter(STORED, true);
            }
            if self.loads == 0 {
                item = item.parameter(COLLAPSED, true);
            }
        } else if self.bypassed > 0 {
            item = item.parameter(FORWARDED, token_ref("bypass"));
        } else {
            item = item.parameter(HIT, true);
            // How long ago it ended to be fresh is not known.
            if let Some(ttl) = self.fresh_for.filter(|_| self.stale == 0) {
                let seconds = i64::try_from(ttl.as_secs()).ok();
                let seconds = seconds.and_then(|seconds| Integer::try_from(seconds).ok());
                item = item.parameter(TTL, seconds.unwrap_or(Integer::MAX));
            }
        }
        if let Some(detail) = self.detail() {
            match TokenRef::from_str(&detail) {
                Ok(detail) => item = item.parameter(DETAIL, detail),
                Err(_) => item = item.parameter(DETAIL, StringRef::from_str(&detail).ok()?),
            }
        }
        HeaderValue::try_from(item.finish()).ok()
    }

    /// Returns what the other parameters do not say: a word about one call, numbers of several.
    fn detail(&self) -> Option<String> {
        let counts = [
            (self.hits, "hits"),
            (self.stale, "stale"),
            (self.loads, "loads"),
            (self.shared, "shared"),
            (self.bypassed, "bypassed"),
        ];
        let all = counts
            .iter()
            .fold(0_usize, |sum, (count, _)| sum.saturating_add(*count));
        if all == 1 && self.more == 0 {
            return (self.stale == 1).then(|| "stale".to_owned());
        }
        let mut detail = String::new();
        for (count, name) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let comma = if detail.is_empty() { "" } else { ", " };
            let _ = write!(detail, "{comma}{name} {count}");
        }
        if self.more > 0 {
            let _ = write!(detail, ", more {}", self.more);
        }
        Some(detail)
    }
}

/// Returns the list member of a refusal: the client wanted only what is stored, and it is not.
pub(crate) fn refused_member(name: &str) -> Option<HeaderValue> {
    let item = ItemSerializer::new();
    let item = match TokenRef::from_str(name) {
        Ok(name) => item.bare_item(name),
        Err(_) => item.bare_item(StringRef::from_str(name).ok()?),
    };
    let item = item.parameter(DETAIL, token_ref("only-if-cached"));
    HeaderValue::try_from(item.finish()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(summary: &Summary) -> String {
        let member = summary.member("cached", false).unwrap();
        member.to_str().unwrap().to_owned()
    }

    #[test]
    fn one_call_is_told_as_it_was() {
        let none = Summary::default();
        let fresh_for = Some(Duration::from_millis(59_999));
        let cases = [
            (
                Summary {
                    hits: 1,
                    fresh_for,
                    ..none
                },
                "cached;hit;ttl=59",
            ),
            (Summary { hits: 1, ..none }, "cached;hit"),
            (
                Summary {
                    stale: 1,
                    fresh_for: Some(Duration::ZERO),
                    ..none
                },
                "cached;hit;detail=stale",
            ),
            (
                Summary {
                    loads: 1,
                    stored: 1,
                    fresh_for,
                    ..none
                },
                "cached;fwd=miss;stored",
            ),
            (Summary { loads: 1, ..none }, "cached;fwd=miss"),
            (Summary { shared: 1, ..none }, "cached;fwd=miss;collapsed"),
            (
                Summary {
                    bypassed: 1,
                    ..none
                },
                "cached;fwd=bypass",
            ),
        ];
        for (summary, expected) in cases {
            assert_eq!(member(&summary), expected);
        }
    }

    #[test]
    fn several_calls_are_a_hit_only_if_all_are() {
        let none = Summary::default();
        let fresh_for = Some(Duration::from_secs(5));
        let cases = [
            (
                Summary {
                    hits: 3,
                    fresh_for,
                    ..none
                },
                "cached;hit;ttl=5;detail=\"hits 3\"",
            ),
            (
                Summary {
                    hits: 2,
                    stale: 1,
                    fresh_for,
                    ..none
                },
                "cached;hit;detail=\"hits 2, stale 1\"",
            ),
            (
                Summary {
                    hits: 2,
                    loads: 1,
                    stored: 1,
                    ..none
                },
                "cached;fwd=miss;stored;detail=\"hits 2, loads 1\"",
            ),
            (
                Summary {
                    loads: 2,
                    stored: 1,
                    ..none
                },
                "cached;fwd=miss;detail=\"loads 2\"",
            ),
            (
                Summary {
                    loads: 1,
                    stored: 1,
                    shared: 1,
                    ..none
                },
                "cached;fwd=miss;stored;detail=\"loads 1, shared 1\"",
            ),
            (
                Summary {
                    hits: 1,
                    bypassed: 1,
                    ..none
                },
                "cached;fwd=bypass;detail=\"hits 1, bypassed 1\"",
            ),
            (
                Summary {
                    hits: 64,
                    more: 7,
                    fresh_for,
                    ..none
                },
                "cached;hit;ttl=5;detail=\"hits 64, more 7\"",
            ),
        ];
        for (summary, expected) in cases {
            assert_eq!(member(&summary), expected);
        }
    }

    #[test]
    fn request_of_the_client_is_told_apart() {
        let load = Summary {
            loads: 1,
            stored: 1,
            ..Summary::default()
        };
        assert_eq!(
            load.member("cached", true).unwrap(),
            "cached;fwd=request;stored"
        );
        assert_eq!(
            refused_member("cached").unwrap(),
            "cached;detail=only-if-cached"
        );
    }

    #[test]
    fn name_is_a_token_or_a_text() {
        let hit = Summary {
            hits: 1,
            ..Summary::default()
        };
        assert_eq!(
            hit.member("my service", false).unwrap(),
            "\"my service\";hit"
        );
        assert_eq!(hit.member("a\"b", false).unwrap(), "\"a\\\"b\";hit");
        assert_eq!(hit.member("größe", false), None);
    }

    #[test]
    fn ttl_of_ages_is_a_number_of_the_field() {
        let hit = Summary {
            hits: 1,
            fresh_for: Some(Duration::MAX),
            ..Summary::default()
        };
        assert_eq!(member(&hit), "cached;hit;ttl=999999999999999");
    }
}
