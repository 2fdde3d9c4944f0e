//! `Age`, `Cache-Control` and `Vary` of a response: RFC 9111 §4.2 and §5.

use std::time::Duration;

use cached_core::Answer;
use headers::{Age, CacheControl, HeaderMapExt as _, Vary};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AGE, CACHE_CONTROL, EXPIRES, VARY},
};

/// The caches that may keep a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cacheability {
    /// The client's own cache; by these headers the request said for whom it asks.
    Private(Vec<HeaderName>),
    /// Every cache between the client and us.
    Public,
}

/// The age of an answer, and the time for which it will be fresh.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    pub(crate) answer: Answer,
    pub(crate) age: Option<Duration>,
    pub(crate) fresh_for: Option<Duration>,
}

impl Freshness {
    /// Writes the headers that the handler has not set itself.
    ///
    /// Readers of `max-age` take `Age` off it: together they give what is left.
    pub(crate) fn write(
        self,
        headers: &mut HeaderMap,
        cacheability: &Cacheability,
        revalidate: bool,
    ) {
        let is_said = headers.contains_key(CACHE_CONTROL) || headers.contains_key(EXPIRES);
        let age = self.age().filter(|_| !headers.contains_key(AGE));
        if let Some(age) = age {
            headers.typed_insert(Age::from_secs(age.as_secs()));
        }
        let lifetime = self.lifetime().filter(|_| !is_said);
        let Some(lifetime) = lifetime else {
            return;
        };
        let control = match cacheability {
            Cacheability::Private(_) => CacheControl::new().with_private(),
            Cacheability::Public => CacheControl::new().with_public(),
        };
        if revalidate {
            headers.typed_insert(control.with_no_cache());
            return;
        }
        headers.typed_insert(control.with_max_age(lifetime));
        if let Cacheability::Private(asked_with) = cacheability {
            // The next user of the same browser asks with another cookie.
            for name in asked_with {
                add_vary(headers, name);
            }
        }
    }

    /// Returns the age to write. A load has none: the header would say that the answer was not made for this request.
    fn age(self) -> Option<Duration> {
        matches!(self.answer, Answer::Hit | Answer::Stale)
            .then_some(self.age)
            .flatten()
    }

    /// Returns the freshness lifetime, in whole seconds from the time when the answer was stored.
    fn lifetime(self) -> Option<Duration> {
        let fresh_for = self.fresh_for?;
        match self.answer {
            Answer::Hit => Some(match self.age {
                Some(age) => round_to_seconds(age.saturating_add(fresh_for)),
                None => Duration::from_secs(fresh_for.as_secs()),
            }),
            Answer::Loaded => Some(round_to_seconds(fresh_for)),
            Answer::Stale => Some(Duration::ZERO),
            _ => None,
        }
    }
}

/// Adds a header of the request to `Vary`, unless it is there.
fn add_vary(headers: &mut HeaderMap, name: &HeaderName) {
    let is_said = headers.typed_get::<Vary>().is_some_and(|vary| {
        let mut names = vary.iter_strs();
        vary.is_any() || names.any(|said| said.eq_ignore_ascii_case(name.as_str()))
    });
    if !is_said {
        headers.append(VARY, HeaderValue::from(name.clone()));
    }
}

/// Rounds to whole seconds: a minute whose parts were measured a moment apart is a minute.
fn round_to_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.saturating_add(Duration::from_millis(500)).as_secs())
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, COOKIE};

    use super::*;

    const PRIVATE: Cacheability = Cacheability::Private(Vec::new());

    fn freshness(answer: Answer, age: Option<u64>, fresh_for: Option<u64>) -> Freshness {
        Freshness {
            answer,
            age: age.map(Duration::from_millis),
            fresh_for: fresh_for.map(Duration::from_millis),
        }
    }

    fn written(
        freshness: Freshness,
        set: &[(http::HeaderName, &'static str)],
    ) -> [Option<String>; 2] {
        let mut headers = HeaderMap::new();
        for (name, value) in set {
            headers.insert(name, HeaderValue::from_static(value));
        }
        freshness.write(&mut headers, &PRIVATE, false);
        [AGE, CACHE_CONTROL].map(|name| Some(headers.get(name)?.to_str().unwrap().to_owned()))
    }

    #[test]
    fn hit_says_its_age_and_the_rest_of_its_time() {
        let hit = freshness(Answer::Hit, Some(12_300), Some(47_690));
        let [age, control] = written(hit, &[]).map(Option::unwrap);
        assert_eq!((&*age, &*control), ("12", "private, max-age=60"));
        let of_unknown_age = freshness(Answer::Hit, None, Some(47_690));
        let expected = [None, Some("private, max-age=47".to_owned())];
        assert_eq!(written(of_unknown_age, &[]), expected);
        let for_ever = freshness(Answer::Hit, Some(5_000), None);
        assert_eq!(written(for_ever, &[]), [Some("5".to_owned()), None]);
    }

    #[test]
    fn load_has_no_age_and_is_kept_only_if_it_is_stored() {
        let stored = freshness(Answer::Loaded, Some(0), Some(59_999));
        assert_eq!(
            written(stored, &[]),
            [None, Some("private, max-age=60".to_owned())]
        );
        let unstored = freshness(Answer::Loaded, Some(0), None);
        assert_eq!(written(unstored, &[]), [None, None]);
        assert_eq!(
            written(freshness(Answer::Shared, None, None), &[]),
            [None, None]
        );
        assert_eq!(
            written(freshness(Answer::Bypassed, None, None), &[]),
            [None, None]
        );
    }

    #[test]
    fn stale_answer_is_not_to_be_kept() {
        let stale = freshness(Answer::Stale, Some(65_000), Some(0));
        let [age, control] = written(stale, &[]).map(Option::unwrap);
        assert_eq!((&*age, &*control), ("65", "private, max-age=0"));
    }

    #[test]
    fn what_the_handler_says_stays() {
        let hit = freshness(Answer::Hit, Some(5_000), Some(55_000));
        let [age, control] = written(hit, &[(CACHE_CONTROL, "no-store")]).map(Option::unwrap);
        assert_eq!((&*age, &*control), ("5", "no-store"));
        let [age, control] = written(hit, &[(AGE, "7")]).map(Option::unwrap);
        assert_eq!((&*age, &*control), ("7", "private, max-age=60"));
        let expires = [(EXPIRES, "Thu, 01 Dec 1994 16:00:00 GMT")];
        assert_eq!(written(hit, &expires), [Some("5".to_owned()), None]);
    }

    #[test]
    fn cacheability_and_revalidation_are_said() {
        let hit = freshness(Answer::Hit, Some(5_000), Some(55_000));
        let mut headers = HeaderMap::new();
        hit.write(&mut headers, &Cacheability::Public, false);
        assert_eq!(headers[CACHE_CONTROL], "public, max-age=60");
        let mut headers = HeaderMap::new();
        hit.write(&mut headers, &Cacheability::Private(vec![COOKIE]), true);
        assert_eq!(headers[CACHE_CONTROL], "no-cache, private");
        assert!(!headers.contains_key(VARY));
    }

    #[test]
    fn answer_for_one_user_is_none_for_the_next_one() {
        let hit = freshness(Answer::Hit, Some(5_000), Some(55_000));
        let with_credentials = Cacheability::Private(vec![AUTHORIZATION, COOKIE]);
        for (set, expected) in [
            (&[] as &[&'static str], &["authorization", "cookie"] as &[_]),
            (&["accept"], &["accept", "authorization", "cookie"]),
            (
                &["accept, Cookie", "origin"],
                &["accept, Cookie", "origin", "authorization"],
            ),
            (&["*"], &["*"]),
        ] {
            let mut headers = HeaderMap::new();
            for value in set {
                headers.append(VARY, HeaderValue::from_static(value));
            }
            hit.write(&mut headers, &with_credentials, false);
            let vary: Vec<_> = headers.get_all(VARY).iter().collect();
            assert_eq!(vary, expected, "{set:?}");
        }
        let mut headers = HeaderMap::new();
        hit.write(&mut headers, &PRIVATE, false);
        assert!(!headers.contains_key(VARY));
    }

    #[test]
    fn longest_time_there_is_does_not_overflow() {
        let longest = Freshness {
            answer: Answer::Hit,
            age: Some(Duration::MAX),
            fresh_for: Some(Duration::MAX),
        };
        assert!(written(longest, &[]).iter().all(Option::is_some));
    }
}
