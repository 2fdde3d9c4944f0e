//! `ETag`, `If-None-Match` and `304 Not Modified`: RFC 9110 §8.8.3 and §13.1.2.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::{body::Body, response::Response};
use bytes::Bytes;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE,
        CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED, TRAILER, TRANSFER_ENCODING,
    },
};
use http_body::Frame;

/// Headers that describe a body, and so say nothing of a response without one.
const BODY_HEADERS: [HeaderName; 9] = [
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    LAST_MODIFIED,
    TRAILER,
    TRANSFER_ENCODING,
];

/// Computes the tag of a body: weak, because a layer further out may compress it.
pub(crate) fn compute(headers: &HeaderMap, body: &[u8]) -> Option<ETag> {
    let mut hasher = blake3::Hasher::new();
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    // No value of a header has a line feed.
    hasher.update(content_type.unwrap_or_default());
    hasher.update(b"\n");
    hasher.update(body);
    let digest = hasher.finalize().to_hex();
    let (tag, _) = digest.split_at_checked(32)?;
    format!("W/\"{tag}\"").parse().ok()
}

/// Reads the tag that the handler has set; `None` if it is malformed.
pub(crate) fn read_etag(headers: &HeaderMap) -> Option<ETag> {
    let is_one = headers.get(ETAG).is_some_and(is_readable);
    is_one.then(|| headers.typed_get()).flatten()
}

/// Reads a request's `If-None-Match`; `None` if a line of it is malformed.
pub(crate) fn read_if_none_match(headers: &HeaderMap) -> Option<IfNoneMatch> {
    let mut lines = headers.get_all(IF_NONE_MATCH).into_iter();
    let is_there = headers.contains_key(IF_NONE_MATCH) && lines.all(is_readable);
    is_there.then(|| headers.typed_get()).flatten()
}

/// Checks that `headers` may read a value: in builds with debug assertions it asserts that there is no white space within a
/// tag, and any client could send some, or open a tag in one line and close it in the next.
fn is_readable(value: &HeaderValue) -> bool {
    let mut is_quoted = false;
    let has_no_spaces = value.as_bytes().iter().all(|byte| {
        is_quoted ^= *byte == b'"';
        !(is_quoted && matches!(byte, b' ' | b'\t'))
    });
    has_no_spaces && !is_quoted
}

/// Turns a response into a `304`: without a body and the headers that describe it; all others stay.
pub(crate) fn make_not_modified(response: &mut Response) {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::new(NoBody);
    for name in BODY_HEADERS {
        response.headers_mut().remove(name);
    }
}

/// A body that does not exist, and says nothing of its size: that of an empty one would become the `Content-Length` of the
/// response, and what is written there is the size of what the client has.
struct NoBody;

impl http_body::Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_NONE_MATCH, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    fn matches(lines: &[&[u8]], tag: &str) -> bool {
        let tag: ETag = tag.parse().unwrap();
        read_if_none_match(&request(lines)).is_some_and(|asked| !asked.precondition_passes(&tag))
    }

    #[test]
    fn tag_is_weak_and_of_body_and_type() {
        let json =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let tag = |headers: &HeaderMap, body: &str| {
            let tag = compute(headers, body.as_bytes()).unwrap();
            assert!(tag.is_weak());
            let mut written = HeaderMap::new();
            written.typed_insert(tag);
            written[ETAG].to_str().unwrap().to_owned()
        };
        let none = HeaderMap::new();
        assert_eq!(tag(&none, "1").len(), 36);
        assert_eq!(tag(&json, "1"), tag(&json, "1"));
        assert_ne!(tag(&json, "1"), tag(&json, "2"));
        assert_ne!(tag(&json, "1"), tag(&none, "1"));
    }

    #[test]
    fn tags_match_weakly_in_lists_and_by_star() {
        for lines in [
            &[b"W/\"a\"" as &[u8]] as &[&[u8]],
            &[b"\"a\""],
            &[b"*"],
            &[b"\"b\", W/\"a\" , \"c,d\""],
            &[b"\"b\"", b"\"a\""],
            &[b"nonsense, \"a\""],
        ] {
            assert!(matches(lines, "W/\"a\""), "{lines:?}");
        }
        for lines in [
            &[b"\"b\"" as &[u8]] as &[&[u8]],
            &[b"w/\"a\""],
            &[b"a"],
            &[],
        ] {
            assert!(!matches(lines, "W/\"a\""), "{lines:?}");
        }
    }

    #[test]
    fn malformed_tags_match_nothing_and_panic_nowhere() {
        let long = [b"\"b\",".repeat(250_000), b"\"".to_vec()].concat();
        for line in [
            b"" as &[u8],
            b"\"",
            b"W/",
            b"W/\"",
            b"W",
            b",,,",
            b"\"a b\"",
            b"\"a\tb\"",
            b"\"a b",
            b"\xff\xfe",
            b"\"\xff\"",
            b"\"\"\"",
            b"a\"a\"",
            &long,
        ] {
            assert!(!matches(&[line], "W/\"a\""), "{line:?}");
            let _ = matches(&[line, line], "W/\"a\"");
        }
        let many = vec![b"\"b\"" as &[u8]; 10_000];
        assert!(!matches(&many, "W/\"a\""));
    }

    #[test]
    fn handlers_tag_that_cannot_be_read_is_none() {
        let set = |value| HeaderMap::from_iter([(ETAG, HeaderValue::from_static(value))]);
        assert!(read_etag(&set("\"a\"")).is_some());
        for wrong in ["a", "\"a b\"", "\"a", ""] {
            assert_eq!(read_etag(&set(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn not_modified_keeps_what_is_not_about_the_body() {
        let kept = [
            "vary",
            "date",
            "cache-control",
            "etag",
            "expires",
            "content-location",
        ];
        let more = [
            "age",
            "cache-status",
            "content-security-policy",
            "x-request-id",
        ];
        let mut response = Response::new(Body::from("text"));
        for name in kept.into_iter().chain(more) {
            let value = HeaderValue::from_static("1");
            response.headers_mut().insert(name, value);
        }
        for name in BODY_HEADERS {
            let value = HeaderValue::from_static("1");
            response.headers_mut().insert(name, value);
        }
        make_not_modified(&mut response);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers().len(), kept.len() + more.len());
        for name in kept.into_iter().chain(more) {
            assert!(response.headers().contains_key(name), "{name}");
        }
    }
}
