//! [`BearerToken`]: who knows the secret may pass.

use std::{error::Error, fmt};

use axum::response::{IntoResponse, Response};
use headers::{Authorization, HeaderMapExt as _, authorization::Bearer};
use http::{HeaderValue, StatusCode, header, request::Parts};
use subtle::ConstantTimeEq as _;

use super::Guard;

/// The fewest characters of a secret: with random letters and digits, more than anybody can try.
const SHORTEST: usize = 16;
/// What a server still takes as one header, with room for others.
const LONGEST: usize = 4096;

/// A [`Guard`] that lets pass who sends `Authorization: Bearer <secret>`.
///
/// Compares in constant time, and keeps only a digest of the secret, which no `Debug` output shows.
/// [`BearerRejection`] answers others.
///
/// # Examples
///
/// ```
/// use cached_axum::BearerToken;
///
/// // Usually from the environment: `BearerToken::new(std::env::var("ADMIN_TOKEN")?)?`.
/// let guard = BearerToken::new("Vq3mRz8KxP0aT5yD")?;
/// assert!(BearerToken::new("secret").is_err()); // anybody could guess it
/// # Ok::<(), cached_axum::UnusableToken>(())
/// ```
#[derive(Clone)]
pub struct BearerToken {
    digest: [u8; blake3::OUT_LEN],
}

impl BearerToken {
    /// A guard that asks for `secret`.
    ///
    /// # Errors
    ///
    /// [`UnusableToken`] if `secret` is shorter than 16 characters, longer than 4,096, or has characters that a bearer
    /// token cannot have (RFC 6750, §2.1): it takes letters, digits, `-`, `.`, `_`, `~`, `+`, `/`, and `=` at its end.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, UnusableToken> {
        let secret = secret.as_ref();
        let body = secret.trim_end_matches('=');
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if secret.is_empty() {
            return Err(UnusableToken::Empty);
        }
        if body.is_empty() || !body.bytes().all(is_allowed) {
            return Err(UnusableToken::Characters);
        }
        if body.len() < SHORTEST {
            return Err(UnusableToken::Short);
        }
        if secret.len() > LONGEST {
            return Err(UnusableToken::Long);
        }
        let digest = digest(secret);
        Ok(Self { digest })
    }

    fn accepts(&self, token: &str) -> bool {
        // Digests are of one length, so the time does not tell the length of the secret either.
        digest(token).ct_eq(&self.digest).into()
    }
}

fn digest(token: &str) -> [u8; blake3::OUT_LEN] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").finish_non_exhaustive()
    }
}

impl Guard for BearerToken {
    type Rejection = BearerRejection;

    async fn check(&self, request: &Parts) -> Result<(), BearerRejection> {
        // Of several, a proxy in front may have looked at another one.
        let sent = request.headers.get_all(header::AUTHORIZATION);
        if sent.iter().count() != 1 {
            return Err(BearerRejection::Missing);
        }
        match request.headers.typed_get::<Authorization<Bearer>>() {
            Some(authorization) if self.accepts(authorization.token()) => Ok(()),
            Some(_) => Err(BearerRejection::Wrong),
            None => Err(BearerRejection::Missing),
        }
    }
}

/// Why a [`BearerToken`] let a request not pass: `401 Unauthorized`, with what to send in `WWW-Authenticate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerRejection {
    /// There is no bearer token in the request, or more than one `Authorization`.
    Missing,
    /// It is another token.
    Wrong,
}

impl fmt::Display for BearerRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "this needs a bearer token: send one `Authorization: Bearer <token>`",
            Self::Wrong => "this is not the bearer token",
        })
    }
}

impl Error for BearerRejection {}

impl IntoResponse for BearerRejection {
    fn into_response(self) -> Response {
        // RFC 6750, §3.1: no error code where no token was sent.
        let challenge = HeaderValue::from_static(match self {
            Self::Missing => "Bearer",
            Self::Wrong => r#"Bearer error="invalid_token""#,
        });
        let challenge = [(header::WWW_AUTHENTICATE, challenge)];
        (StatusCode::UNAUTHORIZED, challenge, self.to_string()).into_response()
    }
}

/// Why a text cannot be a [`BearerToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusableToken {
    /// It is empty, as of a variable that is not set.
    Empty,
    /// Whoever tries may find it.
    Short,
    /// Servers refuse headers that long.
    Long,
    /// It has characters that no bearer token can have.
    Characters,
}

impl fmt::Display for UnusableToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the bearer token is empty: set one"),
            Self::Short => write!(
                f,
                "the bearer token is too short: take at least {SHORTEST} random characters"
            ),
            Self::Long => write!(
                f,
                "the bearer token is too long: take at most {LONGEST} characters"
            ),
            Self::Characters => f.write_str(
                "the bearer token has characters that cannot be sent: take letters, digits, `-`, `.`, `_`, `~`, `+` \
                 and `/`, and `=` only at the end",
            ),
        }
    }
}

impl Error for UnusableToken {}
