//! A miss that may share its load: it captures what is there, then leads or follows.
//!
//! What a call takes it has tested against its own replies: the entry that its read or its capture
//! showed, or a load with the same captures. Nobody passes on what another has tested.

use std::time::Duration;

use super::{
    LoadRequest,
    body::BodyRun,
    plan::{BeforeBody, FirstStep},
    request::MissedCall,
};
use crate::{
    clock,
    codec::Shared,
    coherence::rules::Occupant,
    engine::{
        context,
        hit_test::{Accepts, MissReason},
        read::{self, ReadMiss, ReadOptions, ReadPurpose, ReadView, in_time},
    },
    format::entry::Outcome,
    single_flight::{FollowOutcome, Follower, Lead, Role},
    telemetry::{event, observer::Observer},
};

/// How often a call reads again because a leader found its answer before it loaded. After that it loads
/// by itself.
const TRIES: usize = 8;

pub(super) fn share(missed: MissedCall) -> FirstStep {
    let miss = SharedLoad::new(missed);
    let role = miss.join_flight();
    match miss.at_once(role) {
        Ok(before) => FirstStep::Goes(before),
        Err((miss, role)) => FirstStep::Waits(Box::pin(miss.go_on(role))),
    }
}

struct SharedLoad {
    missed: MissedCall,
    /// For how long this call may still wait for the store: all it asks has one deadline, what it waits for loads
    /// aside.
    left: Duration,
}

impl SharedLoad {
    fn new(missed: MissedCall) -> Self {
        let LoadRequest { cache, began, .. } = &*missed.call;
        let asked = clock::instant().saturating_duration_since(*began);
        let left = cache.op_timeout().saturating_sub(asked);
        Self { missed, left }
    }

    /// What the call does if there is nothing to wait for.
    fn at_once(self, role: Role) -> Result<BeforeBody, (Self, Role)> {
        match role {
            Role::Lead(lead) => {
                if let Some(shared) = self.look_again() {
                    lead.abandon();
                    return Ok(self.shares(shared));
                }
                let view = self.missed.view();
                // What a leader before this one captured precedes this load as well.
                if lead.inherits() || view.is_some_and(|view| view.is_complete()) {
                    return Ok(BeforeBody::Load(BodyRun::lead(self.missed, lead)));
                }
                Err((self, Role::Lead(lead)))
            }
            // Waiting for a load that this call is part of would never end.
            Role::Follow(follower) if context::is_loading(follower.flight()) => {
                Ok(BeforeBody::Load(BodyRun::uncounted(self.missed)))
            }
            follow @ Role::Follow(_) => Err((self, follow)),
        }
    }

    async fn go_on(mut self, mut role: Role) -> BeforeBody {
        let mut tries = 1_usize;
        loop {
            role = match role {
                Role::Lead(lead) => match self.capture(lead).await {
                    Ok(shared) => return self.shares(shared),
                    Err(Role::Lead(lead)) => {
                        return BeforeBody::Load(BodyRun::lead(self.missed, lead));
                    }
                    Err(follow @ Role::Follow(_)) => follow,
                },
                Role::Follow(follower) => match self.follow(follower).await {
                    FollowOutcome::Lead(lead) => Role::Lead(lead),
                    FollowOutcome::Again if tries < TRIES => {
                        tries = tries.saturating_add(1);
                        match self.read_again().await {
                            Ok(shared) => return self.shares(shared),
                            Err(ReadMiss::Seen(_, seen)) => self.missed.seen = Some(seen),
                            Err(ReadMiss::Failed(_)) => self.missed.seen = None,
                        }
                        self.join_flight()
                    }
                    turn => return self.end(turn),
                },
            };
            (self, role) = match self.at_once(role) {
                Ok(before) => return before,
                Err(rest) => rest,
            };
        }
    }

    /// The answer of a call that was counted as a miss already, like all who wait for a load.
    fn shares(&self, shared: Shared) -> BeforeBody {
        let LoadRequest { cache, key, .. } = &*self.missed.call;
        cache.count_shared(key.function());
        self.missed.call.show(Observer::shared);
        BeforeBody::Answered(shared)
    }

    fn join_flight(&self) -> Role {
        let call = &self.missed.call;
        let view = self.missed.view();
        let parallel = call.cache.parallel_failing_loads();
        let load_caller = call.load_caller(view.as_ref());
        call.backend().flights.join(load_caller, parallel)
    }

    /// Reads once more, because a leader has found its answer before it loaded.
    async fn read_again(&mut self) -> Result<Shared, ReadMiss> {
        let call = &*self.missed.call;
        let LoadRequest { cache, key, .. } = call;
        if call.backend().local().is_some() {
            let absent = || ReadMiss::Seen(MissReason::Absent, ReadView::local());
            return self.look_again().ok_or_else(absent);
        }
        let options = ReadOptions::of(ReadPurpose::Call, call.observer.as_ref()).without_ttl();
        let read = read::read(&call.erased, cache, key, call.began, options);
        let read = in_time(&mut self.left, async { Ok(read.await) }).await;
        let read = read.unwrap_or_else(|error| {
            cache.count_read_error(key.function(), &error);
            Err(ReadMiss::Failed(error))
        });
        read.map(|found| found.value)
    }

    /// Captures what the load needs, and looks once more whether it is needed at all.
    ///
    /// A hit found here is for this call alone: a follower may have come after an invalidation that this
    /// call is too old for. So are the captures of another load.
    async fn capture(&mut self, lead: Lead) -> Result<Shared, Role> {
        let call = &*self.missed.call;
        let LoadRequest { cache, key, .. } = call;
        let store = &call.backend().store;
        let Some(seen) = self.missed.seen.take() else {
            // What failed one call fails others at the same moment, and nobody joins such a load once it has
            // begun: those come first.
            if clock::has_timer() {
                tokio::task::yield_now().await;
            }
            return Err(Role::Lead(lead));
        };
        // What the capture completes is as old as the read.
        let trusted = seen.trusted && cache.trusts(key);
        let ttls = cache.capture_ttls(key.function(), call.ttl);
        let capture = store.capture(key, seen.reply, ttls);
        match in_time(&mut self.left, capture).await {
            Ok(reply) => {
                let accepts = Accepts::of(key.function());
                let found = read::answer(&call.erased, cache, &reply, trusted, accepts);
                if let Ok((shared, _)) = found {
                    lead.abandon();
                    return Ok(shared);
                }
                if reply.occupant == Some(Occupant::Foreign) {
                    cache.count_foreign(key.function());
                }
                self.missed.seen = Some(Box::new(ReadView { reply, trusted }));
                let view = self.missed.view();
                Err(lead.rejoin(call.load_caller(view.as_ref())))
            }
            Err(error) => {
                cache.count_read_error(key.function(), &error);
                Err(Role::Lead(lead))
            }
        }
    }

    /// A load may have ended between this call's look and its joining.
    fn look_again(&self) -> Option<Shared> {
        let call = &self.missed.call;
        let accepts = Accepts::of(call.key.function());
        call.backend().fresh(&call.erased, &call.key, accepts)
    }

    /// Waits for another call's load, if not too many do already.
    async fn follow(&self, follower: Follower) -> FollowOutcome {
        let LoadRequest { cache, key, .. } = &*self.missed.call;
        let Some(_room) = cache.waiting_callers().enter() else {
            cache.count_crowded(key.function());
            return FollowOutcome::GaveUp;
        };
        let turn = follower.turn(cache.follower_wait()).await;
        if matches!(turn, FollowOutcome::GaveUp) {
            event::follower_gave_up(key.function(), cache.follower_wait());
        }
        turn
    }

    /// A call that does not lead in the end.
    fn end(self, turn: FollowOutcome) -> BeforeBody {
        let missed = self.missed;
        let LoadRequest { cache, key, .. } = &*missed.call;
        match turn {
            FollowOutcome::Shared(follower) => {
                let takes = |shared: &&Shared| missed.call.erased.takes(shared);
                let Some(shared) = follower.shared().filter(takes) else {
                    // Another function of the same `id` returns another type.
                    return BeforeBody::Load(BodyRun::uncounted(missed));
                };
                cache.count_shared(key.function());
                let stale = match shared.outcome {
                    Outcome::Error => missed.stale(),
                    Outcome::Value | Outcome::None => None,
                };
                if stale.is_none() {
                    missed.call.show(Observer::shared);
                }
                stale.map_or(BeforeBody::Shares(follower), BeforeBody::Answered)
            }
            // The leader's body failed: this call has what it would answer then.
            FollowOutcome::Alone(lone) => match missed.stale() {
                Some(shared) => BeforeBody::Answered(shared),
                None => BeforeBody::Load(BodyRun::beside(missed, Some(lone))),
            },
            FollowOutcome::GaveUp => BeforeBody::Load(BodyRun::beside(missed, None)),
            // A leader has gone elsewhere; a call that read often enough loads by itself.
            FollowOutcome::Lead(_) | FollowOutcome::Again => {
                BeforeBody::Load(BodyRun::uncounted(missed))
            }
        }
    }
}
