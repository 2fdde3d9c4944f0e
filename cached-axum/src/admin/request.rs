//! What an admin page is told to do, checked before it is done; and what became of it.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use cached_core::Invalidated;
use http::StatusCode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::AdminRejection;

/// The longest pattern, tag or glob, in bytes.
const LONGEST: usize = 512;
/// The most `*` of a glob. Servers before 7.0.9 try all ways to share a key among them.
const MOST_STARS: usize = 4;

/// The body of a request that changes something.
pub(super) struct Order<T>(pub(super) T);

/// What a body is read as, and what is made of it.
pub(super) trait Ordered: Sized {
    /// What the body looks like.
    type Body: DeserializeOwned;
    /// What to write.
    const EXPECTED: &str;

    /// What it says, if that can be done.
    fn checked(body: Self::Body) -> Result<Self, AdminRejection>;
}

impl<S: Send + Sync, T: Ordered> FromRequest<S> for Order<T> {
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
        T::checked(body).map(Self)
    }
}

/// What becomes unusable.
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

impl Ordered for Invalidate {
    type Body = InvalidateBody;
    const EXPECTED: &str =
        r#"the body must be `{"pattern": "user:42:*"}` or `{"tag": "course:7"}`"#;

    fn checked(body: InvalidateBody) -> Result<Self, AdminRejection> {
        match (body.pattern, body.tag) {
            (Some(pattern), None) => {
                check("pattern", &pattern)?;
                if pattern == "*" {
                    return Err(everything("pattern"));
                }
                Ok(Self::Pattern(pattern))
            }
            (None, Some(tag)) => {
                check("tag", &tag)?;
                Ok(Self::Tag(tag))
            }
            _ => Err(AdminRejection::Body(
                StatusCode::BAD_REQUEST,
                Self::EXPECTED,
            )),
        }
    }
}

/// What is deleted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Purge {
    pub(super) glob: String,
}

impl Ordered for Purge {
    type Body = Self;
    const EXPECTED: &str = r#"the body must be `{"glob": "user:42:*"}`"#;

    fn checked(body: Self) -> Result<Self, AdminRejection> {
        let glob = &body.glob;
        check("glob", glob)?;
        if glob.chars().all(|char| matches!(char, '*' | '?')) {
            return Err(everything("glob"));
        }
        if glob.matches('*').count() > MOST_STARS {
            let problem = format!("the glob has more than {MOST_STARS} `*`");
            return Err(AdminRejection::Unusable(problem.into()));
        }
        Ok(body)
    }
}

/// Whether `text` is fit to be used at all.
fn check(what: &str, text: &str) -> Result<(), AdminRejection> {
    let problem = if text.is_empty() {
        format!("the {what} is empty")
    } else if text.len() > LONGEST {
        format!("the {what} is longer than {LONGEST} bytes")
    } else if text.chars().any(char::is_control) {
        format!("the {what} has control characters")
    } else {
        return Ok(());
    };
    Err(AdminRejection::Unusable(problem.into()))
}

fn everything(what: &str) -> AdminRejection {
    let problem = format!("the {what} names everything: that is `POST /clear`");
    AdminRejection::Unusable(problem.into())
}

/// What became of an invalidation: `{"outcome": "applied"}`, or `postponed`.
///
/// As a response, 200 if it holds in every process, and 202 if Redis has not confirmed it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InvalidationReport {
    /// `applied` or `postponed`.
    pub outcome: &'static str,
}

impl From<Invalidated> for InvalidationReport {
    fn from(outcome: Invalidated) -> Self {
        let outcome = if outcome.is_applied() {
            "applied"
        } else {
            "postponed"
        };
        Self { outcome }
    }
}

impl IntoResponse for InvalidationReport {
    fn into_response(self) -> Response {
        let status = if self.outcome == "applied" {
            StatusCode::OK
        } else {
            StatusCode::ACCEPTED
        };
        (status, Json(self)).into_response()
    }
}

/// What a purge did: `{"deleted": 12}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PurgeReport {
    /// How many keys were deleted.
    pub deleted: u64,
}

impl IntoResponse for PurgeReport {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
