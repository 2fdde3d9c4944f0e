//! The meaning of the client library's errors here. The only place where they are classed.

use deadpool_redis::{
    PoolError,
    redis::{self, RedisError, ServerErrorKind},
};

use crate::error::{Class, Error, ErrorKind};

/// The error of an operation. The server's own words stay out of it, because they can repeat arguments.
pub(super) fn from_redis(error: &RedisError) -> Error {
    if let Some(code) = error.code() {
        return from_code(error, code);
    }
    if error.is_timeout() {
        return Error::new(ErrorKind::Timeout, "Redis did not answer in time")
            .classed(Class::Transient);
    }
    if error.kind() == redis::ErrorKind::AuthenticationFailed {
        return refused("WRONGPASS");
    }
    if error.kind() == redis::ErrorKind::InvalidClientConfig {
        return Error::new(
            ErrorKind::Config,
            "Redis cannot be reached with this address: check `REDIS_URL`",
        )
        .classed(Class::Permanent);
    }
    if error.is_connection_refusal() {
        return Error::new(
            ErrorKind::Unavailable,
            "nothing listens at the address of Redis: start the server, or check `REDIS_URL`",
        )
        .classed(Class::Transient)
        .with_source(error.clone());
    }
    let failed =
        Error::new(ErrorKind::Unavailable, "the connection to Redis failed").classed(Class::Broken);
    // The words of the operating system repeat no argument.
    if error.is_io_error() {
        failed.with_source(error.clone())
    } else {
        failed
    }
}

fn from_code(error: &RedisError, code: &str) -> Error {
    match code {
        "NOAUTH" | "WRONGPASS" | "NOPERM" => refused(code),
        "WRONGTYPE" => Error::new(
            ErrorKind::Server,
            "something that is no entry lies at this key (WRONGTYPE): another program uses the \
             namespace",
        ),
        "OOM" => Error::new(
            ErrorKind::Unavailable,
            "Redis is out of memory (OOM): raise `maxmemory`, or set an eviction policy",
        )
        .classed(Class::Full),
        "MISCONF" => Error::new(
            ErrorKind::Unavailable,
            "Redis takes no writes because it cannot save them (MISCONF): see its log",
        )
        .classed(Class::Full),
        "READONLY" => Error::new(
            ErrorKind::Unavailable,
            "Redis has become a replica (READONLY): the next call connects anew",
        )
        .classed(Class::ReadOnly),
        "LOADING" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" => Error::new(
            ErrorKind::Unavailable,
            format!("Redis cannot serve at the moment ({code})"),
        )
        .classed(Class::Transient),
        // The code of this one is only `ERR`.
        _ if error
            .detail()
            .is_some_and(|detail| detail.contains("max number of clients")) =>
        {
            Error::new(
                ErrorKind::Unavailable,
                "Redis takes no more connections: raise its `maxclients`, or lower `pool_size`",
            )
            .classed(Class::Transient)
        }
        _ if error.kind() == redis::ErrorKind::AuthenticationFailed => refused("WRONGPASS"),
        _ => Error::new(
            ErrorKind::Server,
            format!("Redis answered with an error ({})", safe_code(code)),
        ),
    }
}

/// The error code, if it is one word in capitals; anything else could be somebody's argument.
fn safe_code(code: &str) -> &str {
    let is_code = code.len() <= 32 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code { code } else { "ERR" }
}

fn refused(code: &str) -> Error {
    // A refusal of one command says nothing about the others.
    let (what, class) = match code {
        "NOPERM" => (
            "this user may not run a command that the cache needs (NOPERM): allow it by `ACL SETUSER`",
            Class::Other,
        ),
        _ => (
            "Redis refused the user name or password: correct `REDIS_URL`",
            Class::Permanent,
        ),
    };
    Error::new(ErrorKind::Refused, what).classed(class)
}

/// The error of a connection that the pool could not hand out.
pub(super) fn from_pool(error: &PoolError) -> Error {
    match error {
        PoolError::Backend(error) => from_redis(error),
        PoolError::Timeout(_) => Error::new(
            ErrorKind::Timeout,
            "no connection to Redis came free in time: raise `pool_size` or `connect_timeout`",
        )
        .classed(Class::Transient),
        _ => Error::new(ErrorKind::Unavailable, "the pool of connections is closed"),
    }
}

/// Returns `true` if a new connection was refused for its protocol: by a server that had `HELLO` renamed, or something
/// in front of it that speaks the older one.
pub(super) fn is_protocol_refusal(error: &PoolError) -> bool {
    let PoolError::Backend(error) = error else {
        return false;
    };
    let is_hello_refusal = || {
        let detail = error.detail().unwrap_or_default().to_ascii_lowercase();
        detail.contains("hello") || detail.contains("protocol version")
    };
    match error.code() {
        Some(code) => code == "NOPROTO" || (code == "ERR" && is_hello_refusal()),
        None => error.kind() == redis::ErrorKind::RESP3NotSupported,
    }
}

/// The error of an operation that met another run of the server than it began on: what was seen on one counts for
/// nothing on another.
pub(super) fn another_run() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "another server answers at the address of Redis: the next call sees it whole",
    )
}

/// Returns `true` if the key holds something else than a string, which is never ours.
pub(super) fn is_another_type(error: &RedisError) -> bool {
    error.code() == Some("WRONGTYPE")
}

/// Returns `true` if the server does not know the script: it was started, or its scripts were flushed, since.
pub(super) fn is_no_script(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}

/// Returns `true` if the connection is of no further use.
pub(super) fn breaks_connection(error: &RedisError) -> bool {
    error.is_unrecoverable_error()
        || matches!(
            error.kind(),
            redis::ErrorKind::Server(ServerErrorKind::ReadOnly)
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_for_its_protocol() {
        let says = |code: &str, detail: &str| {
            let error = redis::make_extension_error(code.to_owned(), Some(detail.to_owned()));
            is_protocol_refusal(&PoolError::Backend(error))
        };
        assert!(says("NOPROTO", "unsupported protocol version"));
        assert!(says(
            "ERR",
            "unknown command 'HELLO', with args beginning with: '3' "
        ));
        assert!(says("ERR", "unsupported protocol version"));
        assert!(!says(
            "WRONGPASS",
            "invalid username-password pair or user is disabled."
        ));
        assert!(!says(
            "NOAUTH",
            "HELLO must be called with the client already authenticated"
        ));
        assert!(!says("ERR", "max number of clients reached"));
    }
}
