//! A miss that may share its load: it captures what is there, then leads or follows.
//!
//! What a call takes it has tested against its own replies: the entry that its read or its capture
//! showed, or a load with the same captures. Nobody passes on what another has tested.

use std::time::Duration;

use super::{
    Call,
    body::Loading,
    plan::{Before, First},
    request::Missed,
};
use crate::{
    clock,
    codec::Shared,
    coherence::rules::Occupant,
    engine::{
        context,
        hit_test::{Accepts, Miss as NoEntry},
        read::{self, Asks, NoHit, Seen, in_time},
    },
    format::entry::Outcome,
    single_flight::{Boarding, Follower, Lead, Turn},
    telemetry::{event, observer::Observer},
};

/// How often a call reads again because a leader found its answer before it loaded. After that it loads
/// by itself.
const TRIES: usize = 8;

pub(super) fn share(missed: Missed) -> First {
    let miss = Miss::new(missed);
    let boarding = miss.board();
    match miss.at_once(boarding) {
        Ok(before) => First::Goes(before),
        Err((miss, boarding)) => First::Waits(Box::pin(miss.go_on(boarding))),
    }
}

struct Miss {
    missed: Missed,
    /// For how long this call may still wait for the store: all it asks has one deadline, what it waits for loads
    /// aside.
    left: Duration,
}

impl Miss {
    fn new(missed: Missed) -> Self {
        let Call { cache, began, .. } = &*missed.call;
        let asked = clock::instant().saturating_duration_since(*began);
        let left = cache.op_timeout().saturating_sub(asked);
        Self { missed, left }
    }

    /// What the call does if there is nothing to wait for.
    fn at_once(self, boarding: Boarding) -> Result<Before, (Self, Boarding)> {
        match boarding {
            Boarding::Lead(lead) => {
                if !self.missed.call.backend().store.waits()
                    && let Some(shared) = self.look_again()
                {
                    lead.dissolve();
                    return Ok(self.shares(shared));
                }
                let view = self.missed.view();
                // What a leader before this one captured precedes this load as well.
                if lead.inherits() || view.is_some_and(|view| view.is_complete()) {
                    return Ok(Before::Load(Loading::lead(self.missed, lead)));
                }
                Err((self, Boarding::Lead(lead)))
            }
            // Waiting for a load that this call is part of would never end.
            Boarding::Follow(follower) if context::is_loading(follower.flight()) => {
                Ok(Before::Load(Loading::uncounted(self.missed)))
            }
            follow @ Boarding::Follow(_) => Err((self, follow)),
        }
    }

    async fn go_on(mut self, mut boarding: Boarding) -> Before {
        let mut tries = 1_usize;
        loop {
            boarding = match boarding {
                Boarding::Lead(lead) => match self.capture(lead).await {
                    Ok(shared) => return self.shares(shared),
                    Err(Boarding::Lead(lead)) => {
                        return Before::Load(Loading::lead(self.missed, lead));
                    }
                    Err(follow @ Boarding::Follow(_)) => follow,
                },
                Boarding::Follow(follower) => match self.follow(follower).await {
                    Turn::Lead(lead) => Boarding::Lead(lead),
                    Turn::Again if tries < TRIES => {
                        tries = tries.saturating_add(1);
                        match self.read_again().await {
                            Ok(shared) => return self.shares(shared),
                            Err(NoHit::Seen(_, seen)) => self.missed.seen = Some(seen),
                            Err(NoHit::Failed(_)) => self.missed.seen = None,
                        }
                        self.board()
                    }
                    turn => return self.end(turn),
                },
            };
            (self, boarding) = match self.at_once(boarding) {
                Ok(before) => return before,
                Err(rest) => rest,
            };
        }
    }

    /// The answer of a call that was counted as a miss already, like all who wait for a load.
    fn shares(&self, shared: Shared) -> Before {
        let Call { cache, key, .. } = &*self.missed.call;
        cache.count_shared(key.function());
        self.missed.call.show(Observer::shared);
        Before::Answered(shared)
    }

    fn board(&self) -> Boarding {
        let call = &self.missed.call;
        let view = self.missed.view();
        let parallel = call.cache.parallel_failing_loads();
        let passenger = call.passenger(view.as_ref());
        call.backend().flights.board(passenger, parallel)
    }

    /// Reads once more, because a leader has found its answer before it loaded.
    async fn read_again(&mut self) -> Result<Shared, NoHit> {
        let call = &*self.missed.call;
        let Call { cache, key, .. } = call;
        if call.backend().store.waits() {
            let read = async {
                Ok(read::read(&call.taker, cache, key, call.began, Asks::Call, false).await)
            };
            let read = in_time(&mut self.left, read).await.unwrap_or_else(|error| {
                cache.count_read_error(key.function(), &error);
                Err(NoHit::Failed(error))
            });
            return read.map(|(shared, ..)| shared);
        }
        self.look_again()
            .ok_or_else(|| NoHit::Seen(NoEntry::Absent, Seen::local()))
    }

    /// Captures what the load needs, and looks once more whether it is needed at all.
    ///
    /// A hit found here is for this call alone: a follower may have come after an invalidation that this
    /// call is too old for. So are the captures of another load.
    async fn capture(&mut self, lead: Lead) -> Result<Shared, Boarding> {
        let call = &*self.missed.call;
        let Call { cache, key, .. } = call;
        let store = &call.backend().store;
        let Some(seen) = self.missed.seen.take() else {
            // What failed one call fails others at the same moment, and nobody joins such a load once it has
            // begun: those come first.
            if clock::has_timer() {
                tokio::task::yield_now().await;
            }
            return Err(Boarding::Lead(lead));
        };
        // What the capture completes is as old as the read.
        let trusted = seen.trusted && cache.trusts(key);
        let lives = cache.lives(key.function(), call.ttl);
        let capture = store.capture(key, seen.reply, lives);
        let captured = if store.waits() {
            in_time(&mut self.left, capture).await
        } else {
            capture.await
        };
        match captured {
            Ok(reply) => {
                let accepts = Accepts::of(key.function());
                let found = read::answer(&call.taker, cache, &reply, trusted, accepts);
                if let Ok((shared, _)) = found {
                    lead.dissolve();
                    return Ok(shared);
                }
                if reply.occupant == Some(Occupant::Foreign) {
                    cache.count_foreign(key.function());
                }
                self.missed.seen = Some(Box::new(Seen { reply, trusted }));
                let view = self.missed.view();
                Err(lead.rejoin(call.passenger(view.as_ref())))
            }
            Err(error) => {
                cache.count_read_error(key.function(), &error);
                Err(Boarding::Lead(lead))
            }
        }
    }

    /// A load may have ended between this call's look and its boarding.
    fn look_again(&self) -> Option<Shared> {
        let call = &self.missed.call;
        let accepts = Accepts::of(call.key.function());
        call.backend().fresh(&call.taker, &call.key, accepts)
    }

    /// Waits for another call's load, if not too many do already.
    async fn follow(&self, follower: Follower) -> Turn {
        let Call { cache, key, .. } = &*self.missed.call;
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

    /// A call that does not lead in the end.
    fn end(self, turn: Turn) -> Before {
        let missed = self.missed;
        let Call { cache, key, .. } = &*missed.call;
        match turn {
            Turn::Shared(follower) => {
                let takes = |shared: &&Shared| missed.call.taker.takes(shared);
                let Some(shared) = follower.shared().filter(takes) else {
                    // Another function of the same `id` returns another type.
                    return Before::Load(Loading::uncounted(missed));
                };
                cache.count_shared(key.function());
                let stale = match shared.outcome {
                    Outcome::Error => missed.stale(),
                    Outcome::Value | Outcome::None => None,
                };
                if stale.is_none() {
                    missed.call.show(Observer::shared);
                }
                stale.map_or(Before::Shares(follower), Before::Answered)
            }
            // The leader's body failed: this call has what it would answer then.
            Turn::Alone(lone) => match missed.stale() {
                Some(shared) => Before::Answered(shared),
                None => Before::Load(Loading::beside(missed, Some(lone))),
            },
            Turn::GaveUp => Before::Load(Loading::beside(missed, None)),
            // A leader has gone elsewhere; a call that read often enough loads by itself.
            Turn::Lead(_) | Turn::Again => Before::Load(Loading::uncounted(missed)),
        }
    }
}
