//! [`Run`]: all of a miss as one future.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    Load, LoadRequest,
    body::{BodyOutcome, BodyRun},
    plan::{self, BeforeBody, BeforeFuture, FirstStep},
};
use crate::codec::{Codec, erased::With, shape::Opened};

pin_project! {
    /// Runs a body, or waits for another call that runs its own.
    ///
    /// Every body has one of its own, so there is next to nothing in it. It is awaited only inside an `async` block
    /// or function: a panic unwinds through that and drops this, so the load is handed over.
    #[must_use = "futures do nothing unless polled"]
    pub struct Run<R, T, F> {
        // Dropped before the body: those who wait for this load do not wait for the body's `Drop`.
        stages: Stages<R, T>,
        #[pin]
        body: F,
    }
}

impl<R, T, F> Run<R, T, F> {
    pub(super) fn new(load: Load<R, T>, body: F) -> Self {
        let Load { codec, call } = load;
        let stages = Stages {
            codec,
            stage: Stage::Missed(call),
        };
        Self { stages, body }
    }
}

impl<R, T, F: Future<Output = R>> Future for Run<R, T, F> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let run = self.project();
        run.stages.poll(context, run.body)
    }
}

impl<R, T, F> fmt::Debug for Run<R, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// How far a miss has come.
struct Stages<R, T> {
    codec: Codec<R, T>,
    stage: Stage<R, T>,
}

// A return type need not be `Send` for its function's future to be, so there is no `R` in it.
enum Stage<R, T> {
    /// Nothing is done yet; `None` if there is nothing around the body.
    Missed(Option<Box<LoadRequest>>),
    Waiting(BeforeFuture),
    /// The body runs; `None` if there is nothing around it.
    Body(Option<Box<BodyRun>>),
    After(Box<After<R, T>>),
}

/// What is returned as soon as the store has heard of it.
struct After<R, T> {
    told: Pin<Box<dyn Future<Output = ()> + Send>>,
    parts: Parts<R, T>,
}

/// What was returned, in parts that can be kept where the whole cannot.
enum Parts<R, T> {
    Value(T),
    None(fn() -> R),
}

impl<R, T> Stages<R, T> {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut body: Pin<&mut (dyn Future<Output = R> + '_)>,
    ) -> Poll<R> {
        loop {
            let answer = match &mut self.stage {
                Stage::Missed(call) => match call.take().map(plan::first) {
                    Some(FirstStep::Goes(before)) => self.answer(before),
                    Some(FirstStep::Waits(waiting)) => {
                        self.stage = Stage::Waiting(waiting);
                        None
                    }
                    None => {
                        self.stage = plan::refused().map_or(Stage::Body(None), Stage::Waiting);
                        None
                    }
                },
                Stage::Waiting(waiting) => {
                    let before = ready!(waiting.as_mut().poll(context));
                    self.answer(before)
                }
                Stage::Body(loading) => {
                    let mut polled = Poll::Pending;
                    let mut poll = || polled = body.as_mut().poll(context);
                    match loading {
                        Some(loading) => loading.around(&mut poll),
                        None => poll(),
                    }
                    let returned = ready!(polled);
                    match loading.take() {
                        Some(loading) => self.ended(loading, returned),
                        None => Some(returned),
                    }
                }
                Stage::After(after) => {
                    ready!(after.told.as_mut().poll(context));
                    self.told()
                }
            };
            if let Some(answer) = answer {
                return Poll::Ready(answer);
            }
        }
    }

    /// The answer, if the body need not run.
    fn answer(&mut self, before: BeforeBody) -> Option<R> {
        let (answer, loading) = match before {
            BeforeBody::Answered(shared) => (self.codec.take(shared), None),
            BeforeBody::Shares(follower) => {
                let copy = |shared| self.codec.restore(shared);
                (follower.shared().and_then(copy), None)
            }
            BeforeBody::Failed(error) => (self.codec.fails.map(|fails| fails(error)), None),
            BeforeBody::Load(loading) => (None, Some(loading)),
            BeforeBody::Uncached => (None, None),
        };
        self.stage = Stage::Body(loading);
        answer
    }

    /// The answer, if the store need not hear of it first.
    fn ended(&mut self, loading: Box<BodyRun>, returned: R) -> Option<R> {
        let told = match loading.ended(&With(&returned, &self.codec)) {
            BodyOutcome::Answered => return Some(returned),
            BodyOutcome::Stale(shared) => {
                return Some(self.codec.take(shared).unwrap_or(returned));
            }
            BodyOutcome::Tell(told) => told,
        };
        let parts = match self.codec.open(returned) {
            Opened::Value(value) => Parts::Value(value),
            Opened::None(none) => Parts::None(none),
            Opened::Error(returned) => return Some(returned),
        };
        self.stage = Stage::After(Box::new(After { told, parts }));
        None
    }

    fn told(&mut self) -> Option<R> {
        match mem::replace(&mut self.stage, Stage::Body(None)) {
            Stage::After(after) => Some(match after.parts {
                Parts::Value(value) => self.codec.close(value),
                Parts::None(none) => none(),
            }),
            Stage::Missed(_) | Stage::Waiting(_) | Stage::Body(_) => None,
        }
    }
}
