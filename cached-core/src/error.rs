//! [`Error`] and [`ErrorKind`]: a failure, and the remedy for it.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

/// Kind of an [`Error`], by the remedy that a caller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A wrong setting: correct the variable or the call that the message names.
    Config,
    /// A second cache to install: install one, once, before the first cached call.
    Installed,
    /// A store that could not be reached, or whose connection broke: try again later.
    Unavailable,
    /// No answer of the store within the deadline: try again later, or raise `op_timeout`.
    Timeout,
    /// Credentials or a command that the server refused: correct the password or the access list.
    Refused,
    /// A server that cannot be used as it is: too old, or a replica.
    Unsupported,
    /// An error of the server that has no kind of its own.
    Server,
    /// A value that JSON would not carry back unchanged: nothing was stored.
    Unstorable,
    /// A value larger than an entry may be: nothing was stored.
    TooLarge,
    /// A key that cannot be encoded: a `Serialize` implementation of an argument failed.
    Key,
    /// A pattern or tag that cannot be used: write whole segments, or use a tag.
    Pattern,
}

/// An error of this crate.
///
/// It comes from building and installing a cache, and from calls by key. Annotated functions run their body instead of
/// returning it, but for those with `on_outage = "fail"`, and with [`Outage::Fail`](crate::Outage::Fail).
///
/// Neither the message nor a source contains a value, an argument, a password or a whole address.
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    class: Class,
    message: Cow<'static, str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error of class [`Other`](Class::Other).
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            class: Class::Other,
            message: message.into(),
            source: None,
        }
    }

    /// Sets the class.
    pub(crate) fn classed(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Returns the class.
    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// Sets the source.
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Returns the kind, which tells the remedy.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns `true` if the store was out of reach, or not in time, so that the same call may work later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Timeout)
    }
}

/// Class of an error: the state of the store that it shows, which decides if the store is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing about the store, but about one command, one value, or this process.
    Other,
    /// No answer, or no service at the moment.
    Transient,
    /// The end of a connection that worked, and of everything on it.
    Broken,
    /// A refusal, until somebody corrects a password or an access list.
    Permanent,
    /// A replica: another server is the primary by now.
    ReadOnly,
    /// No memory left: reads and deletions go on.
    Full,
}

/// Weight of a failure when the breaker counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// None: it does not count.
    Nothing,
    /// One of several in a row.
    One,
    /// Enough to open the breaker at once.
    All,
}

impl Class {
    /// Returns the weight of a failure of this class.
    pub(crate) fn weight(self) -> Weight {
        match self {
            Self::Other | Self::Full => Weight::Nothing,
            Self::Transient | Self::Broken | Self::ReadOnly => Weight::One,
            Self::Permanent => Weight::All,
        }
    }
}

/// Makes the error for an operating system that gives no random number.
pub(crate) fn no_random(error: getrandom::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the operating system gave no random number for an id",
    )
    .with_source(error)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
