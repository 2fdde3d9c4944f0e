//! [`Run`]: all of a miss as one future.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    Load,
    body::{BodyOutcome, BodyRun},
    plan::{self, BodyDecision, DecisionFuture, FirstStep},
    request::LoadRequest,
};
use crate::codec::{Codec, erased::With, shape::Opened};

pin_project! {
    /// Runs a body, or waits for another call that runs its own.
    ///
    /// Every body has a `Run` of its own type, so there is next to nothing in it. It is awaited only inside an `async`
    /// block or function: a panic unwinds through that and drops this, so the load is handed over.
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
        let Load { codec, request } = load;
        let stages = Stages {
            codec,
            stage: Stage::Missed(request),
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

/// The progress of a miss, without its body.
struct Stages<R, T> {
    codec: Codec<R, T>,
    stage: Stage<R, T>,
}

// A return type need not be `Send` for its function's future to be, so there is no `R` in it.
enum Stage<R, T> {
    /// Nothing is done yet; `None` if there is nothing around the body.
    Missed(Option<Box<LoadRequest>>),
    /// It is not decided yet whether the body runs.
    Waiting(DecisionFuture),
    /// The body runs; `None` if there is nothing around it.
    Body(Option<Box<BodyRun>>),
    /// The body has returned, and the store is told before the caller.
    After(Box<After<R, T>>),
}

/// A value that is returned as soon as the store has heard of it.
struct After<R, T> {
    stored: Pin<Box<dyn Future<Output = ()> + Send>>,
    parts: Parts<R, T>,
}

/// The returned value in parts, which can be kept where the whole cannot.
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
                Stage::Missed(request) => match request.take().map(plan::take_first_step) {
                    Some(FirstStep::Decided(decision)) => self.apply_decision(decision),
                    Some(FirstStep::Wait(waiting)) => {
                        self.stage = Stage::Waiting(waiting);
                        None
                    }
                    None => {
                        self.stage =
                            plan::refuse_uncached_load().map_or(Stage::Body(None), Stage::Waiting);
                        None
                    }
                },
                Stage::Waiting(waiting) => {
                    let decision = ready!(waiting.as_mut().poll(context));
                    self.apply_decision(decision)
                }
                Stage::Body(run) => {
                    let mut polled = Poll::Pending;
                    let mut poll = || polled = body.as_mut().poll(context);
                    match run {
                        Some(run) => run.poll_within(&mut poll),
                        None => poll(),
                    }
                    let returned = ready!(polled);
                    match run.take() {
                        Some(run) => self.finish_body(run, returned),
                        None => Some(returned),
                    }
                }
                Stage::After(after) => {
                    ready!(after.stored.as_mut().poll(context));
                    self.return_parts()
                }
            };
            if let Some(answer) = answer {
                return Poll::Ready(answer);
            }
        }
    }

    /// Returns the answer, if the body need not run; goes on to the body otherwise.
    fn apply_decision(&mut self, decision: BodyDecision) -> Option<R> {
        let (answer, run) = match decision {
            BodyDecision::Answer(shared) => (self.codec.take(shared), None),
            BodyDecision::ShareAnswer(follower) => {
                let copy = |shared| self.codec.restore(shared);
                (follower.shared().and_then(copy), None)
            }
            BodyDecision::Fail(error) => (self.codec.fails.map(|fails| fails(error)), None),
            BodyDecision::RunBody(run) => (None, Some(run)),
            BodyDecision::RunUncached => (None, None),
        };
        self.stage = Stage::Body(run);
        answer
    }

    /// Returns the answer, if the store need not hear of it first.
    fn finish_body(&mut self, run: Box<BodyRun>, returned: R) -> Option<R> {
        let stored = match run.finish(&With(&returned, &self.codec)) {
            BodyOutcome::Answered => return Some(returned),
            BodyOutcome::Stale(shared) => {
                return Some(self.codec.take(shared).unwrap_or(returned));
            }
            BodyOutcome::AnsweredAfter(stored) => stored,
        };
        let parts = match self.codec.open(returned) {
            Opened::Value(value) => Parts::Value(value),
            Opened::None(none) => Parts::None(none),
            Opened::Error(returned) => return Some(returned),
        };
        self.stage = Stage::After(Box::new(After { stored, parts }));
        None
    }

    fn return_parts(&mut self) -> Option<R> {
        match mem::replace(&mut self.stage, Stage::Body(None)) {
            Stage::After(after) => Some(match after.parts {
                Parts::Value(value) => self.codec.close(value),
                Parts::None(none) => none(),
            }),
            Stage::Missed(_) | Stage::Waiting(_) | Stage::Body(_) => None,
        }
    }
}
