//! [`ClientCacheControl`]: the `Cache-Control` of a request.

use std::{iter, time::Duration};

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use headers::{CacheControl, Header as _};
use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL, request::Parts};

use super::InvalidCacheControl;

/// The longest line that is read, in bytes: nobody has more to ask.
const MAX_LINE: usize = 4096;

/// The `Cache-Control` of a request: what its client asks of caches.
///
/// To extract it changes nothing. Cached functions do not see it, and [`CacheLayer`](crate::CacheLayer) follows it only where
/// the service [allows](crate::CacheLayer::allow_refresh) that; a handler that takes this extractor decides for itself.
///
/// Without the header nothing is asked; an `Option` of it is `None` then. Names of directives are read in upper and lower
/// case, and other directives are ignored, as RFC 9111 says.
///
/// # Examples
///
/// ```
/// use axum::{Router, extract::Path, routing::get};
/// use cached_axum::{ClientCacheControl, cached};
///
/// #[cached(ttl = "1m", prefix = "report:{id}")]
/// async fn report(id: u64) -> String {
///     format!("report {id}")
/// }
///
/// async fn show(Path(id): Path<u64>, asked: ClientCacheControl) -> String {
///     if asked.no_cache {
///         report::refresh(id).await
///     } else {
///         report(id).await
///     }
/// }
///
/// let app: Router = Router::new().route("/reports/{id}", get(show));
/// ```
///
/// # Rejection
///
/// [`InvalidCacheControl`], `400 Bad Request`, if one of these directives cannot be read, as `max-age=-1`, or a line is longer
/// than 4 KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientCacheControl {
    /// `no-cache`: no value that was stored before.
    pub no_cache: bool,
    /// `no-store`: no value that was stored before, and none to be stored.
    pub no_store: bool,
    /// `max-age`: no value that was stored longer ago; of several the shortest.
    pub max_age: Option<Duration>,
    /// `only-if-cached`: no value that would have to be loaded.
    pub only_if_cached: bool,
}

impl ClientCacheControl {
    /// Reads the directives that can be read. The rest counts as not asked: no request is refused for it.
    pub(crate) fn read_lenient(headers: &HeaderMap) -> Self {
        Self::read(headers).0
    }

    /// Reads the directives that can be read, and says whether those are all.
    fn read(headers: &HeaderMap) -> (Self, bool) {
        let (mut asked, mut is_all) = (Self::default(), true);
        for line in headers.get_all(CACHE_CONTROL) {
            match lower_case(line) {
                // One that cannot be read would take the others of its line along.
                Some(line) => {
                    for directive in split_directives(&line)
                        .map(str::trim)
                        .filter(|text| !text.is_empty())
                    {
                        let one = parse_directive(directive).map(|one| asked.add_directive(&one));
                        is_all &= one.is_some() || is_endless(directive);
                    }
                }
                None => is_all = false,
            }
        }
        (asked, is_all)
    }

    fn add_directive(&mut self, one: &CacheControl) {
        self.no_cache |= one.no_cache();
        self.no_store |= one.no_store();
        self.only_if_cached |= one.only_if_cached();
        self.max_age = self.max_age.into_iter().chain(one.max_age()).min();
    }
}

/// Converts a line to lower case, as `headers` reads names; `None` if it is too long or no text.
fn lower_case(line: &HeaderValue) -> Option<String> {
    let text = line.to_str().ok()?;
    (text.len() <= MAX_LINE).then(|| text.to_ascii_lowercase())
}

/// Splits a line at the commas outside quotes.
fn split_directives(line: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    line.split(move |letter| {
        is_quoted ^= letter == '"';
        letter == ',' && !is_quoted
    })
}

fn parse_directive(directive: &str) -> Option<CacheControl> {
    let value = HeaderValue::from_str(directive).ok()?;
    CacheControl::decode(&mut iter::once(&value)).ok()
}

/// A `max-age` of more seconds than fit into a number is as good as none: RFC 9111 §1.2.2.
fn is_endless(directive: &str) -> bool {
    let seconds = directive.strip_prefix("max-age=").unwrap_or_default();
    !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit())
}

impl<S: Sync> FromRequestParts<S> for ClientCacheControl {
    type Rejection = InvalidCacheControl;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, InvalidCacheControl> {
        let (asked, is_all) = Self::read(&parts.headers);
        is_all.then_some(asked).ok_or(InvalidCacheControl)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for ClientCacheControl {
    type Rejection = InvalidCacheControl;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, InvalidCacheControl> {
        if !parts.headers.contains_key(CACHE_CONTROL) {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state)
            .await
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> (ClientCacheControl, bool) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
        }
        ClientCacheControl::read(&headers)
    }

    fn max_age(seconds: u64) -> ClientCacheControl {
        ClientCacheControl {
            max_age: Some(Duration::from_secs(seconds)),
            ..ClientCacheControl::default()
        }
    }

    #[test]
    fn directives_are_read_in_any_case_and_from_several_lines() {
        let all = ClientCacheControl {
            no_cache: true,
            no_store: true,
            max_age: Some(Duration::ZERO),
            only_if_cached: true,
        };
        let lines = ["No-Cache, MAX-AGE=0", "no-store,only-if-cached"];
        assert_eq!(read(&lines), (all, true));
        assert_eq!(read(&["max-age=\"5\""]), (max_age(5), true));
    }

    #[test]
    fn shortest_max_age_counts() {
        assert_eq!(
            read(&["max-age=9, max-age=5", "max-age=7"]),
            (max_age(5), true)
        );
    }

    #[test]
    fn other_directives_are_ignored_and_no_mistake() {
        let nothing = (ClientCacheControl::default(), true);
        for line in [
            "",
            " , ,",
            "x",
            "community=\"a, no-cache, b\"",
            "min-fresh=5",
            "max-age",
            "max-age=",
        ] {
            assert_eq!(read(&[line]), nothing, "{line}");
        }
    }

    #[test]
    fn one_that_cannot_be_read_is_ignored_for_itself() {
        for wrong in ["max-age=-1", "max-age=lots", "max-age=1.5"] {
            assert_eq!(
                read(&[wrong]),
                (ClientCacheControl::default(), false),
                "{wrong}"
            );
            let (asked, is_all) = read(&[&format!("{wrong}, no-cache")]);
            assert!(asked.no_cache && !is_all, "{wrong}");
        }
    }

    #[test]
    fn age_beyond_all_numbers_is_no_limit_and_no_mistake() {
        let nothing = (ClientCacheControl::default(), true);
        assert_eq!(read(&["max-age=99999999999999999999"]), nothing);
    }

    #[test]
    fn line_without_an_end_is_not_read() {
        let long = "no-cache,".repeat(100_000);
        assert_eq!(read(&[&long]), (ClientCacheControl::default(), false));
        assert_eq!(read(&[&long, "max-age=5"]), (max_age(5), false));
    }

    #[test]
    fn bytes_that_are_no_text_are_not_read() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_bytes(b"no-cache, \xff").unwrap();
        headers.insert(CACHE_CONTROL, line);
        let nothing = (ClientCacheControl::default(), false);
        assert_eq!(ClientCacheControl::read(&headers), nothing);
    }
}
