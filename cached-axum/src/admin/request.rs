//! [`AdminRequest`]: the body of a request that changes something, checked before anything is done.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
};
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use super::AdminRejection;

/// The longest pattern, tag or glob, in bytes.
const MAX_LENGTH: usize = 512;
/// The most `*` of a glob: servers before 7.0.9 try all ways to share a key among them.
const MAX_STARS: usize = 4;

/// Extracts the checked body of a request that changes something.
pub(super) struct AdminRequest<T>(pub(super) T);

/// A request made from a body of JSON.
pub(super) trait FromBody: Sized {
    /// The form of the body.
    type Body: DeserializeOwned;
    /// The message for a body of another form.
    const EXPECTED: &str;

    /// Checks `body`, and returns the request that it makes.
    fn from_body(body: Self::Body) -> Result<Self, AdminRejection>;
}

impl<S: Send + Sync, T: FromBody> FromRequest<S> for AdminRequest<T> {
    type Rejection = AdminRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, AdminRejection> {
        let body = Json::<T::Body>::from_request(request, state).await;
        let Json(body) = body.map_err(|rejection| match rejection {
            // Not what serde says: it repeats what it was given.
            JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => {
                AdminRejection::Body(StatusCode::BAD_REQUEST, T::EXPECTED)
            }
            JsonRejection::MissingJsonContentType(_) => AdminRejection::Body(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body must be JSON: send `Content-Type: application/json`",
            ),
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                AdminRejection::Body(other.status(), "the body is larger than 16 KiB")
            }
            other => AdminRejection::Body(other.status(), "the body cannot be read"),
        })?;
        T::from_body(body).map(Self)
    }
}

/// A request to make entries unusable.
pub(super) enum Invalidate {
    Pattern(String),
    Tag(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvalidateBody {
    pattern: Option<String>,
    tag: Option<String>,
}

impl FromBody for Invalidate {
    type Body = InvalidateBody;
    const EXPECTED: &str =
        r#"the body must be `{"pattern": "user:42:*"}` or `{"tag": "course:7"}`"#;

    fn from_body(body: InvalidateBody) -> Result<Self, AdminRejection> {
        match (body.pattern, body.tag) {
            (Some(pattern), None) => {
                check_text("pattern", &pattern)?;
                if pattern == "*" {
                    return Err(reject_everything("pattern"));
                }
                Ok(Self::Pattern(pattern))
            }
            (None, Some(tag)) => {
                check_text("tag", &tag)?;
                Ok(Self::Tag(tag))
            }
            _ => Err(AdminRejection::Body(
                StatusCode::BAD_REQUEST,
                Self::EXPECTED,
            )),
        }
    }
}

/// A request to delete keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Purge {
    pub(super) glob: String,
}

impl FromBody for Purge {
    type Body = Self;
    const EXPECTED: &str = r#"the body must be `{"glob": "user:42:*"}`"#;

    fn from_body(body: Self) -> Result<Self, AdminRejection> {
        let glob = &body.glob;
        check_text("glob", glob)?;
        if glob.chars().all(|char| matches!(char, '*' | '?')) {
            return Err(reject_everything("glob"));
        }
        if glob.matches('*').count() > MAX_STARS {
            let problem = format!("the glob has more than {MAX_STARS} `*`");
            return Err(AdminRejection::Invalid(problem.into()));
        }
        Ok(body)
    }
}

/// Rejects a text that is empty, too long, or has control characters.
fn check_text(what: &str, text: &str) -> Result<(), AdminRejection> {
    let problem = if text.is_empty() {
        format!("the {what} is empty")
    } else if text.len() > MAX_LENGTH {
        format!("the {what} is longer than {MAX_LENGTH} bytes")
    } else if text.chars().any(char::is_control) {
        format!("the {what} has control characters")
    } else {
        return Ok(());
    };
    Err(AdminRejection::Invalid(problem.into()))
}

/// Rejects a pattern or glob that names every key.
fn reject_everything(what: &str) -> AdminRejection {
    let problem = format!("the {what} names everything: that is `POST /clear`");
    AdminRejection::Invalid(problem.into())
}
