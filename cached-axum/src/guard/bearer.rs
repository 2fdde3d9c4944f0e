//! [`BearerToken`]: the guard of those who know a secret.

use std::{error::Error, fmt};

use axum::response::{IntoResponse, Response};
use headers::{Authorization, HeaderMapExt as _, authorization::Bearer};
use http::{HeaderValue, StatusCode, header, request::Parts};
use subtle::ConstantTimeEq as _;

use super::Guard;

/// The fewest characters of a secret: with random letters and digits, more than anybody can try.
const MIN_LENGTH: usize = 16;
/// The most characters of a secret: a server still takes that as one header, with room for others.
const MAX_LENGTH: usize = 4096;

/// A [`Guard`] that lets requests with `Authorization: Bearer <secret>` pass.
///
/// Compares in constant time, and keeps only a digest of the secret, which no `Debug` output shows.
/// Other requests are answered with a [`BearerRejection`].
///
/// # Examples
///
/// ```
/// use cached_axum::BearerToken;
///
/// // Usually from the environment: `BearerToken::new(std::env::var("ADMIN_TOKEN")?)?`.
/// let guard = BearerToken::new("Vq3mRz8KxP0aT5yD")?;
/// assert!(BearerToken::new("secret").is_err()); // anybody could guess it
/// # Ok::<(), cached_axum::InvalidBearerToken>(())
/// ```
#[derive(Clone)]
pub struct BearerToken {
    digest: [u8; blake3::OUT_LEN],
}

impl BearerToken {
    /// Creates a guard that asks for `secret`.
    ///
    /// # Errors
    ///
    /// [`InvalidBearerToken`] if `secret` is shorter than 16 characters, longer than 4,096, or has characters that a bearer
    /// token cannot have (RFC 6750, §2.1): it takes letters, digits, `-`, `.`, `_`, `~`, `+`, `/`, and `=` at its end.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, InvalidBearerToken> {
        let secret = secret.as_ref();
        let body = secret.trim_end_matches('=');
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if secret.is_empty() {
            return Err(InvalidBearerToken::Empty);
        }
        if body.is_empty() || !body.bytes().all(is_allowed) {
            return Err(InvalidBearerToken::InvalidCharacters);
        }
        if body.len() < MIN_LENGTH {
            return Err(InvalidBearerToken::TooShort);
        }
        if secret.len() > MAX_LENGTH {
            return Err(InvalidBearerToken::TooLong);
        }
        let digest = hash_token(secret);
        Ok(Self { digest })
    }

    fn accepts(&self, token: &str) -> bool {
        // Digests are of one length, so the time does not tell the length of the secret either.
        hash_token(token).ct_eq(&self.digest).into()
    }
}

fn hash_token(token: &str) -> [u8; blake3::OUT_LEN] {
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
            Some(_) => Err(BearerRejection::Invalid),
            None => Err(BearerRejection::Missing),
        }
    }
}

/// Rejection of a [`BearerToken`]: `401 Unauthorized`, with the challenge in `WWW-Authenticate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerRejection {
    /// The request has no bearer token, or more than one `Authorization`.
    Missing,
    /// The request has another token.
    Invalid,
}

impl fmt::Display for BearerRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "this needs a bearer token: send one `Authorization: Bearer <token>`",
            Self::Invalid => "this is not the bearer token",
        })
    }
}

impl Error for BearerRejection {}

impl IntoResponse for BearerRejection {
    fn into_response(self) -> Response {
        // RFC 6750, §3.1: no error code where no token was sent.
        let challenge = HeaderValue::from_static(match self {
            Self::Missing => "Bearer",
            Self::Invalid => r#"Bearer error="invalid_token""#,
        });
        let challenge = [(header::WWW_AUTHENTICATE, challenge)];
        (StatusCode::UNAUTHORIZED, challenge, self.to_string()).into_response()
    }
}

/// The reasons why a text cannot be a [`BearerToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidBearerToken {
    /// The text is empty, as of a variable that is not set.
    Empty,
    /// The text is shorter than 16 characters: somebody who tries may find it.
    TooShort,
    /// The text is longer than 4,096 characters: servers refuse headers that long.
    TooLong,
    /// The text has characters that no bearer token can have.
    InvalidCharacters,
}

impl fmt::Display for InvalidBearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the bearer token is empty: set one"),
            Self::TooShort => write!(
                f,
                "the bearer token is too short: take at least {MIN_LENGTH} random characters"
            ),
            Self::TooLong => write!(
                f,
                "the bearer token is too long: take at most {MAX_LENGTH} characters"
            ),
            Self::InvalidCharacters => f.write_str(
                "the bearer token has characters that cannot be sent: take letters, digits, `-`, `.`, `_`, `~`, `+` \
                 and `/`, and `=` only at the end",
            ),
        }
    }
}

impl Error for InvalidBearerToken {}
