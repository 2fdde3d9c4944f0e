//! Single-flight for a miss: one call loads the key as its leader, after it has captured the state to store the value
//! with; the others follow, and share the value.
//!
//! A call tests whatever it takes against its own replies: the entry that its read or its capture showed, or a load
//! with the same captures. No call passes on a hit that it has tested for itself.

use std::time::Duration;

use super::{
    body::BodyRun,
    missed_call::MissedCall,
    plan::{BodyDecision, FirstStep},
    request::LoadRequest,
};
use crate::{
    clock,
    codec::Shared,
    coherence::rules::Occupant,
    engine::{
        context,
        hit_test::{self, Accepts, MissReason},
        read::{self, ReadMiss, ReadOptions, ReadPurpose, ReadView, within_deadline},
    },
    format::entry::Outcome,
    single_flight::{FollowOutcome, Follower, Lead, Role},
    telemetry::{event, observer::Observer},
};

/// The most reads of one call: it reads again if a leader found its answer before it loaded. After that it loads by
/// itself.
const MAX_READS: usize = 8;

pub(super) fn share_load(missed: MissedCall) -> FirstStep {
    let load = SharedLoad::new(missed);
    let role = load.join_flight();
    match load.try_without_waiting(role) {
        Ok(decision) => FirstStep::Decided(decision),
        Err((load, role)) => FirstStep::Wait(Box::pin(load.wait_for_load(role))),
    }
}

struct SharedLoad {
    missed: MissedCall,
    /// The time for which this call may still wait for the store: all it asks has one deadline; the time that it
    /// waits for loads is not counted.
    time_left: Duration,
}

impl SharedLoad {
    fn new(missed: MissedCall) -> Self {
        let LoadRequest { cache, began, .. } = &*missed.request;
        let asked = clock::instant().saturating_duration_since(*began);
        let time_left = cache.op_timeout().saturating_sub(asked);
        Self { missed, time_left }
    }

    /// Decides, if there is nothing to wait for.
    fn try_without_waiting(self, role: Role) -> Result<BodyDecision, (Self, Role)> {
        match role {
            Role::Lead(lead) => {
                if let Some(shared) = self.look_up_again() {
                    lead.abandon();
                    return Ok(self.answer_shared(shared));
                }
                let view = self.missed.view();
                // What a leader before this one captured precedes this load as well.
                if lead.inherits() || view.is_some_and(|view| view.is_complete()) {
                    return Ok(BodyDecision::RunBody(BodyRun::for_leader(
                        self.missed,
                        lead,
                    )));
                }
                Err((self, Role::Lead(lead)))
            }
            // Waiting for a load that this call is part of would never end.
            Role::Follow(follower) if context::is_loading(follower.flight()) => {
                Ok(BodyDecision::RunBody(BodyRun::uncounted(self.missed)))
            }
            follow @ Role::Follow(_) => Err((self, follow)),
        }
    }

    /// Captures, or waits for another call's load, until it is decided whether the body runs.
    async fn wait_for_load(mut self, mut role: Role) -> BodyDecision {
        let mut reads = 1_usize;
        loop {
            role = match role {
                Role::Lead(lead) => match self.capture_missing(lead).await {
                    Ok(shared) => return self.answer_shared(shared),
                    Err(Role::Lead(lead)) => {
                        return BodyDecision::RunBody(BodyRun::for_leader(self.missed, lead));
                    }
                    Err(follow @ Role::Follow(_)) => follow,
                },
                Role::Follow(follower) => match self.follow_load(follower).await {
                    FollowOutcome::Lead(lead) => Role::Lead(lead),
                    FollowOutcome::Again if reads < MAX_READS => {
                        reads = reads.saturating_add(1);
                        match self.read_again().await {
                            Ok(shared) => return self.answer_shared(shared),
                            Err(ReadMiss::Seen(_, seen)) => self.missed.seen = Some(seen),
                            Err(ReadMiss::Failed(_)) => self.missed.seen = None,
                        }
                        self.join_flight()
                    }
                    outcome => return self.finish_as_follower(outcome),
                },
            };
            (self, role) = match self.try_without_waiting(role) {
                Ok(decision) => return decision,
                Err(rest) => rest,
            };
        }
    }

    /// Answers a call that was counted as a miss already, like all that wait for a load.
    fn answer_shared(&self, shared: Shared) -> BodyDecision {
        let LoadRequest { cache, key, .. } = &*self.missed.request;
        cache.count_shared(key.function());
        self.missed.request.notify_observer(Observer::shared);
        BodyDecision::Answer(shared)
    }

    fn join_flight(&self) -> Role {
        let request = &self.missed.request;
        let view = self.missed.view();
        let parallel = request.cache.parallel_failing_loads();
        let load_caller = request.load_caller(view.as_ref());
        request.backend().flights.join(load_caller, parallel)
    }

    /// Reads once more, because a leader has found its answer before it loaded.
    async fn read_again(&mut self) -> Result<Shared, ReadMiss> {
        let request = &*self.missed.request;
        let LoadRequest { cache, key, .. } = request;
        if request.backend().local().is_some() {
            let absent = || ReadMiss::Seen(MissReason::Absent, ReadView::local());
            return self.look_up_again().ok_or_else(absent);
        }
        let options = ReadOptions::new(ReadPurpose::Call, request.observer.as_ref()).without_ttl();
        let read = read::read_store(&request.erased, cache, key, request.began, options);
        let read = within_deadline(&mut self.time_left, async { Ok(read.await) }).await;
        let read = read.unwrap_or_else(|error| {
            cache.count_read_error(key.function(), &error);
            Err(ReadMiss::Failed(error))
        });
        read.map(|found| found.value)
    }

    /// Captures the state that the load is stored with, and takes an entry that shows itself by that.
    ///
    /// Such a hit is for this call alone: a follower may have come after an invalidation that this call is too old
    /// for. So are the captures of another load.
    async fn capture_missing(&mut self, lead: Lead) -> Result<Shared, Role> {
        let request = &*self.missed.request;
        let LoadRequest { cache, key, .. } = request;
        let store = &request.backend().store;
        let Some(seen) = self.missed.seen.take() else {
            // A read that failed for this call fails for others at the same moment, and no call can join such a load
            // once it has begun: they get their chance to join before that.
            if clock::has_timer() {
                tokio::task::yield_now().await;
            }
            return Err(Role::Lead(lead));
        };
        // What the capture completes is as old as the read.
        let trusted = seen.trusted && cache.trusts(key);
        let ttls = cache.capture_ttls(key.function(), request.ttl);
        let capture = store.capture(key, seen.reply, ttls);
        match within_deadline(&mut self.time_left, capture).await {
            Ok(reply) => {
                let accepts = Accepts::of(key.function());
                let found = hit_test::judge_reply(
                    &request.erased,
                    accepts,
                    &reply,
                    trusted,
                    cache.max_entry_size(),
                );
                if let Ok((shared, _)) = found {
                    lead.abandon();
                    return Ok(shared);
                }
                if reply.occupant == Some(Occupant::Foreign) {
                    cache.count_foreign(key.function());
                }
                self.missed.seen = Some(Box::new(ReadView { reply, trusted }));
                let view = self.missed.view();
                Err(lead.rejoin(request.load_caller(view.as_ref())))
            }
            Err(error) => {
                cache.count_read_error(key.function(), &error);
                Err(Role::Lead(lead))
            }
        }
    }

    /// Looks once more inside the process: a load may have ended between this call's look-up and its joining.
    fn look_up_again(&self) -> Option<Shared> {
        let request = &self.missed.request;
        let accepts = Accepts::of(request.key.function());
        request
            .backend()
            .find_fresh(&request.erased, &request.key, accepts)
    }

    /// Waits for another call's load, unless too many calls wait already.
    async fn follow_load(&self, follower: Follower) -> FollowOutcome {
        let LoadRequest { cache, key, .. } = &*self.missed.request;
        let Some(_permit) = cache.waiting_callers().try_acquire() else {
            cache.count_crowded(key.function());
            return FollowOutcome::GaveUp;
        };
        let outcome = follower.turn(cache.follower_wait()).await;
        if matches!(outcome, FollowOutcome::GaveUp) {
            event::follower_gave_up(key.function(), cache.follower_wait());
        }
        outcome
    }

    /// Decides for a call that does not lead in the end.
    fn finish_as_follower(self, outcome: FollowOutcome) -> BodyDecision {
        let missed = self.missed;
        let LoadRequest { cache, key, .. } = &*missed.request;
        match outcome {
            FollowOutcome::Shared(follower) => {
                let takes = |shared: &&Shared| missed.request.erased.takes(shared);
                let Some(shared) = follower.shared().filter(takes) else {
                    // Another function of the same `id` returns another type.
                    return BodyDecision::RunBody(BodyRun::uncounted(missed));
                };
                cache.count_shared(key.function());
                let stale = match shared.outcome {
                    Outcome::Error => missed.stale_if_error(),
                    Outcome::Value | Outcome::None => None,
                };
                if stale.is_none() {
                    missed.request.notify_observer(Observer::shared);
                }
                stale.map_or(BodyDecision::ShareAnswer(follower), BodyDecision::Answer)
            }
            // The leader's body failed: this call has what it would answer then.
            FollowOutcome::Alone(lone) => match missed.stale_if_error() {
                Some(shared) => BodyDecision::Answer(shared),
                None => BodyDecision::RunBody(BodyRun::outside_flight(missed, Some(lone))),
            },
            FollowOutcome::GaveUp => BodyDecision::RunBody(BodyRun::outside_flight(missed, None)),
            // A leader has gone elsewhere; a call that read often enough loads by itself.
            FollowOutcome::Lead(_) | FollowOutcome::Again => {
                BodyDecision::RunBody(BodyRun::uncounted(missed))
            }
        }
    }
}
