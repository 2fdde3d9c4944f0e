//! The deadline of an operation, and the error of one that misses it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;

use crate::{
    clock::{self, Within},
    error::{Class, Error, ErrorKind},
};

/// Runs `work` for `deadline` at the most.
pub(super) fn run_within<T, F>(deadline: Duration, work: F) -> RunWithin<F>
where
    F: Future<Output = Result<T, Error>>,
{
    RunWithin {
        work: clock::within(deadline, work),
        deadline,
    }
}

pin_project! {
    /// The future of [`run_within`].
    pub(super) struct RunWithin<F> {
        #[pin]
        work: Within<F>,
        deadline: Duration,
    }
}

impl<T, F: Future<Output = Result<T, Error>>> Future for RunWithin<F> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.work.poll(context));
        Poll::Ready(answer.unwrap_or_else(|| Err(missed_deadline(*this.deadline))))
    }
}

/// The error of an operation that missed `deadline`.
pub(super) fn missed_deadline(deadline: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("Redis did not answer within {} ms", deadline.as_millis()),
    )
    .classed(Class::Transient)
}
