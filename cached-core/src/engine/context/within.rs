//! [`Within`]: a future inside a context.

use std::{
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use super::{Change, EnteredContext, copy_context};

pin_project! {
    /// A future inside the context in which it is first polled, but for a change: futures are often built
    /// outside the context they then run in.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Within<F> {
        scope: Scope,
        #[pin]
        future: F,
    }
}

enum Scope {
    Planned(Option<Change>),
    Entered(EnteredContext),
}

impl Scope {
    fn poll_inside(&mut self, poll: &mut dyn FnMut()) {
        if let Self::Planned(change) = self {
            let mut context = copy_context();
            if let Some(change) = change.take() {
                context.apply(change);
            }
            *self = Self::Entered(EnteredContext(Arc::new(context)));
        }
        if let Self::Entered(context) = self {
            context.poll_inside(poll);
        }
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let mut within = self.project();
        let mut polled = Poll::Pending;
        within
            .scope
            .poll_inside(&mut || polled = within.future.as_mut().poll(context));
        polled
    }
}

pub(super) fn within<F>(change: Change, future: F) -> Within<F> {
    let scope = Scope::Planned(Some(change));
    Within { scope, future }
}
