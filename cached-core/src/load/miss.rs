//! A miss that may share its load: it captures what is there, then leads or follows.
//!
//! What a call takes it has tested against its own replies: the entry that its read or its capture
//! showed, or a load with the same captures. Nobody passes on what another has tested.

use std::{pin::Pin, time::Duration};

use super::Call;
use crate::{
    Error, ErrorKind,
    age::Age,
    call::{Asks, NoHit, Seen},
    clock,
    codec::{Codec, Shared},
    event,
    flight::{Boarding, Captured, Follower, Landed, Lead, Turn},
    generation::{Occupant, View},
    hit::{self, Accepts, Miss as NoEntry},
    scope,
};

/// How often a call reads again because a leader found its answer before it loaded. After that it loads
/// by itself.
const TRIES: usize = 8;

// As in `call`: no `R` is alive across an `await`.
pub(super) async fn share<R, T, F: Future<Output = R>>(
    codec: Codec<R, T>,
    call: &Call,
    seen: Option<Box<Seen>>,
    body: Pin<&mut F>,
) -> R {
    let mut miss = Miss::new(codec, call, seen);
    let mut boarding = miss.board();
    let mut tries = 1_usize;
    loop {
        let turn = match boarding {
            Boarding::Lead(lead) => Turn::Lead(lead),
            // Waiting for a load that this call is part of would never end.
            Boarding::Follow(follower) if scope::is_loading(follower.flight()) => {
                return miss.or_stale(body.await);
            }
            Boarding::Follow(follower) => miss.follow(follower).await,
        };
        boarding = match turn {
            Turn::Lead(lead) => {
                let ready = match miss.make_ready(lead).await {
                    Ok(value) => return value,
                    Err(ready) => ready,
                };
                match ready {
                    Boarding::Lead(lead) => return miss.lead(lead, body).await,
                    follow @ Boarding::Follow(_) => follow,
                }
            }
            Turn::Again if tries < TRIES => {
                tries = tries.saturating_add(1);
                // Counted as a miss already, like all who wait for a load.
                match miss.read_again().await {
                    Ok(value) => {
                        call.cache.count_shared(call.key.function());
                        return value;
                    }
                    Err(NoHit::Seen(_, seen)) => miss.seen = Some(seen),
                    Err(NoHit::Failed(_)) => miss.seen = None,
                }
                miss.board()
            }
            turn => return miss.end(turn, body).await,
        };
    }
}

pub(super) struct Miss<'a, R, T> {
    codec: Codec<R, T>,
    call: &'a Call,
    /// What this call's own replies showed.
    seen: Option<Box<Seen>>,
    /// For how long this call may still wait for the store: all it asks has one deadline, what it waits for loads
    /// aside.
    left: Duration,
}

impl<'a, R, T> Miss<'a, R, T> {
    pub(super) fn new(codec: Codec<R, T>, call: &'a Call, seen: Option<Box<Seen>>) -> Self {
        let asked = clock::instant().saturating_duration_since(call.began);
        Self {
            codec,
            call,
            seen,
            left: call.cache.op_timeout().saturating_sub(asked),
        }
    }

    /// Waits for the store, as long as this call may.
    async fn in_time<X>(
        &mut self,
        work: impl Future<Output = Result<X, Error>>,
    ) -> Result<X, Error> {
        if !self.call.backend().store.waits() {
            return work.await;
        }
        let began = clock::instant();
        let answer = clock::within(self.left, work).await;
        let waited = clock::instant().saturating_duration_since(began);
        self.left = self.left.saturating_sub(waited);
        answer.unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Timeout,
                "Redis did not answer all that a call asked within one deadline",
            ))
        })
    }

    fn view(&self) -> Option<View> {
        self.seen.as_ref().map(|seen| seen.reply.view())
    }

    fn board(&self) -> Boarding {
        let Call { cache, .. } = self.call;
        let view = self.view();
        let parallel = cache.parallel_failing_loads();
        self.call
            .backend()
            .flights
            .board(self.call.passenger(view.as_ref()), parallel)
    }

    /// Reads once more, because a leader has found its answer before it loaded.
    async fn read_again(&mut self) -> Result<R, NoHit> {
        let Call { cache, key, .. } = self.call;
        if self.call.backend().store.waits() {
            let (codec, call) = (self.codec, self.call);
            let read = async { Ok(codec.read(cache, key, call.began, Asks::Call).await) };
            let read = self.in_time(read).await.unwrap_or_else(|error| {
                cache.count_read_error(key.function(), &error);
                Err(NoHit::Failed(error))
            });
            return read.map(|(value, _)| value);
        }
        self.look_again()
            .ok_or_else(|| NoHit::Seen(NoEntry::Absent, Seen::local()))
    }

    /// Captures what the load needs, and looks once more whether it is needed at all.
    ///
    /// A hit found here is for this call alone: a follower may have come after an invalidation that this
    /// call is too old for. So are the captures of another load.
    async fn make_ready(&mut self, lead: Lead) -> Result<R, Boarding> {
        let Call { cache, key, .. } = self.call;
        let store = &self.call.backend().store;
        if !store.waits()
            && let Some(value) = self.look_again()
        {
            cache.count_shared(key.function());
            lead.dissolve();
            return Ok(value);
        }
        // What a leader before this one captured precedes this load as well.
        if lead.inherits() {
            return Err(Boarding::Lead(lead));
        }
        let Some(seen) = self.seen.take() else {
            // What failed one call fails others at the same moment, and nobody joins such a load once it has
            // begun: those come first.
            if clock::has_timer() {
                tokio::task::yield_now().await;
            }
            return Err(Boarding::Lead(lead));
        };
        if seen.reply.view().is_complete() {
            self.seen = Some(seen);
            return Err(Boarding::Lead(lead));
        }
        // What the capture completes is as old as the read.
        let trusted = seen.trusted && cache.trusts(key);
        let lives = cache.lives(key.function(), self.call.ttl);
        let capture = store.capture(key, seen.reply, lives);
        match self.in_time(capture).await {
            Ok(reply) => {
                let accepts = Accepts::of(key.function());
                if let Ok((value, _)) = self.codec.answer(cache, &reply, trusted, accepts) {
                    cache.count_shared(key.function());
                    lead.dissolve();
                    return Ok(value);
                }
                if reply.occupant == Some(Occupant::Foreign) {
                    cache.count_foreign(key.function());
                }
                self.seen = Some(Box::new(Seen { reply, trusted }));
                let view = self.view();
                Err(lead.rejoin(self.call.passenger(view.as_ref())))
            }
            Err(error) => {
                cache.count_read_error(key.function(), &error);
                Err(Boarding::Lead(lead))
            }
        }
    }

    /// A load may have ended between this call's look and its boarding.
    fn look_again(&self) -> Option<R> {
        let Call { key, .. } = self.call;
        let accepts = Accepts::of(key.function());
        self.call.backend().fresh(&self.codec, key, accepts)
    }

    async fn lead<F: Future<Output = R>>(&self, lead: Lead, body: Pin<&mut F>) -> R {
        self.or_stale(self.load(lead, body).await)
    }

    /// Runs the body as the load that others wait for.
    pub(super) async fn load<F: Future<Output = R>>(&self, lead: Lead, body: Pin<&mut F>) -> R {
        let from = self.view().and_then(|view| view.captures());
        let captured = lead.begin(from);
        let value = self.call.load(lead.flight().cloned(), body).await;
        let shared = self.codec.share(&value);
        if captured.from.is_none() {
            // Nobody who comes later could take it.
            drop(lead.land(shared));
        } else if self.call.backend().store.waits() {
            let landed = lead.land(shared.clone());
            self.keep(&value, shared, &captured, landed);
        } else {
            // First into the store, then out of the flight, so that nobody misses both.
            self.keep(&value, shared.clone(), &captured, None);
            drop(lead.land(shared));
        }
        value
    }

    /// A call that does not lead in the end.
    async fn end<F: Future<Output = R>>(&self, turn: Turn, body: Pin<&mut F>) -> R {
        let Call { cache, key, .. } = self.call;
        match turn {
            Turn::Shared(shared) => {
                if let Some(value) = self.codec.restore(&shared) {
                    cache.count_shared(key.function());
                    return self.or_stale(value);
                }
                // Another function of the same `id` returns another type.
                self.or_stale(body.await)
            }
            Turn::Alone(lone) => {
                // The leader's body failed: this call has what it would answer then.
                if let Some(value) = self.stale() {
                    return value;
                }
                self.load_alone(body, |shared| lone.land(shared)).await
            }
            Turn::GaveUp => self.or_stale(self.load_alone(body, |_| None).await),
            // A leader has gone elsewhere; a call that read often enough loads by itself.
            Turn::Lead(_) | Turn::Again => self.or_stale(body.await),
        }
    }

    /// Runs the body outside a flight, and stores its value with what this call's own read showed, if that
    /// was all of it. `land` hands it to those who wait for it.
    async fn load_alone<F: Future<Output = R>>(
        &self,
        body: Pin<&mut F>,
        land: impl FnOnce(Option<Shared>) -> Option<Landed>,
    ) -> R {
        let captured = Captured {
            at: self.call.cache.generations().now(),
            began: clock::instant(),
            from: self.view().and_then(|view| view.captures()),
        };
        let value = self.call.load(None, body).await;
        let shared = self.codec.share(&value);
        let landed = land(shared.clone());
        self.keep(&value, shared, &captured, landed);
        value
    }

    /// Stores the value behind the answer, if it is to be kept, and ends the flight after that.
    ///
    /// An error takes no place of a value that may still be served. What is no error and not to be kept
    /// says that such a value is no longer right.
    fn keep(&self, value: &R, shared: Option<Shared>, captured: &Captured, landed: Option<Landed>) {
        let Call { cache, key, .. } = self.call;
        let (is_error, holds) = (self.codec.is_error(value), self.holds_stale());
        let write = if is_error && holds {
            event::load_failed(key.function());
            None
        } else {
            self.call.to_store(&self.codec, value, shared, captured)
        };
        let is_outdated = holds && !is_error && write.is_none();
        let backend = self.call.backend();
        cache.settle(backend, key, write, landed);
        if is_outdated {
            cache.drop_behind(backend, key);
        }
    }

    /// Waits for another call's load, if not too many do already.
    async fn follow(&self, follower: Follower) -> Turn {
        let Call { cache, key, .. } = self.call;
        let Some(_room) = cache.waiting_callers().enter() else {
            cache.count_crowded(key.function());
            return Turn::GaveUp;
        };
        let turn = follower.turn(cache.follower_wait()).await;
        if matches!(turn, Turn::GaveUp) {
            event::follower_gave_up(key.function(), cache.follower_wait());
        }
        turn
    }

    /// `value`, or if that is an error, the value past its ttl that this call has read itself.
    fn or_stale(&self, value: R) -> R {
        if !self.codec.is_error(&value) {
            return value;
        }
        self.stale().unwrap_or(value)
    }

    fn stale(&self) -> Option<R> {
        let Call { cache, key, .. } = self.call;
        let accepts = Accepts::of(key.function());
        if accepts.windows().if_error.is_zero() {
            return None;
        }
        let seen = self.seen.as_ref()?;
        let accepts = accepts.up_to(Age::IfError);
        let found = self
            .codec
            .answer(cache, &seen.reply, seen.trusted, accepts)
            .ok();
        let (value, _) = found.filter(|(value, _)| !self.codec.is_error(value))?;
        cache.count_stale_if_error(key.function());
        Some(value)
    }

    /// Whether this call has read a value that may be served past its ttl.
    fn holds_stale(&self) -> bool {
        let accepts = Accepts::of(self.call.key.function());
        if accepts.windows().are_none() {
            return false;
        }
        let seen = self.seen.as_ref().filter(|seen| seen.trusted);
        let kept = seen.and_then(|seen| hit::entry_kept(&seen.reply));
        kept.is_some_and(|kept| matches!(accepts.age(kept), Age::Revalidate | Age::IfError))
    }
}
