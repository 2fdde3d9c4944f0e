//! A call: read, judge, capture, judge again, load, answer, store; with everything that can go wrong on
//! its way.

use super::{
    decide,
    names::{FIXED, NONE, Name},
    rules::Rule,
    scenario::{CALLS, CallOf, Fault, Scenario},
    server::{ENTRY, Entry, Expects, Keys, MARKER, Marker, each, index, is_entry},
    state::{Broken, Call, Flight, Invalidations, Late, Phase, Seen, Stage, State},
    world::{Move, Moves, Who, World},
};

/// The moves of one call.
struct Steps<'a> {
    number: usize,
    moves: &'a mut Moves,
}

impl Steps<'_> {
    #[allow(clippy::large_types_passed_by_value, reason = "it moves into the list")]
    fn push(&mut self, what: &'static str, keys: Keys, state: State) {
        self.moves.push(Move {
            who: Who::Call(self.number),
            what,
            keys,
            state,
        });
    }
}

impl World {
    pub(super) fn call_moves(&self, state: &State, number: usize, moves: &mut Moves) {
        let steps = &mut Steps { number, moves };
        let call = &state.calls[number];
        let of = self.call(number);
        let out = state.processes[of.process].out;
        match call.phase {
            Phase::Idle => {
                if self.is_its_turn(state, number) {
                    self.begin(state, number, steps);
                }
            }
            Phase::Reading if call.pending == 0 => self.judge(state, number, steps),
            Phase::Reading => self.read_moves(state, number, steps),
            Phase::Capturing if call.pending == 0 => self.judge_again(state, number, steps),
            Phase::Capturing => {
                self.capture_moves(state, number, steps);
                if self.may_load_early(call) {
                    steps.push("begins its load", 0, self.begin_load(state, number));
                }
            }
            Phase::Ready => steps.push("begins its load", 0, self.begin_load(state, number)),
            Phase::Loading => {
                self.capture_moves(state, number, steps);
                steps.push("ends its load, and answers", 0, self.answer(state, number));
                if let Some(mut next) = self.after(Fault::BodyFails, state) {
                    Self::fail(&mut next, number);
                    steps.push("fails to load", 0, next);
                }
            }
            Phase::Waiting => {
                if state.flights[usize::from(call.flight)].vacant {
                    self.take_over(state, number, steps);
                }
                if let Some(mut next) = self.after(Fault::GivesUp, state) {
                    Self::load_alone(&mut next, number);
                    Self::leave(&mut next, call.flight.into());
                    steps.push("has waited for long enough", 0, next);
                }
            }
            Phase::SentBack => {
                let mut next = *state;
                let trusted =
                    !self.rules.has(Rule::TrustBeforeSecondRead) || self.is_trusted(state, number);
                self.send_read(&mut next, number, trusted);
                steps.push("reads again", 0, next);
            }
            Phase::Storing if out => {
                let mut next = *state;
                self.not_stored(&mut next, number);
                steps.push("cannot store", 0, next);
            }
            Phase::Storing if call.pending == 0 => self.store_moves(state, number, steps),
            Phase::Storing => self.capture_moves(state, number, steps),
            Phase::Deleting => self.delete_moves(state, number, steps),
            Phase::Done => {}
        }
        let drops_nothing = [Phase::Idle, Phase::Storing, Phase::Deleting, Phase::Done];
        if !drops_nothing.contains(&call.phase)
            && let Some(mut next) = self.after(Fault::Cancelled, state)
        {
            self.cancel(&mut next, number);
            steps.push("is cancelled", 0, next);
        }
    }

    /// Calls that are alike begin in order: other orders are the same histories.
    fn is_its_turn(&self, state: &State, number: usize) -> bool {
        let of = self.call(number);
        (0..number).all(|other| state.calls[other].phase != Phase::Idle || self.call(other) != of)
    }

    fn begin(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let mut next = *state;
        next.calls[number].promised = self.promised(state, number);
        if of.refresh {
            let call = &mut next.calls[number];
            call.phase = Phase::Capturing;
            call.pending = of.keys();
            call.seen.answered = true;
            Self::lead(&mut next, number);
            next.flights[number].alone = true;
            steps.push("begins a refresh", 0, next);
            return;
        }
        self.send_read(&mut next, number, self.is_trusted(state, number));
        let ended = (0..CALLS).filter(|flight| state.flights[*flight].stage == Stage::Ended);
        next.calls[number].too_late_for = ended.map(bit).fold(0, |all, bit| all | bit);
        steps.push("begins", 0, next);
        if self.rules.has(Rule::OwnRead) {
            return;
        }
        for other in 0..CALLS {
            let read = &state.calls[other];
            if other != number && read.phase == Phase::Reading && self.call(other) == of {
                let mut next = next;
                let call = &mut next.calls[number];
                (call.pending, call.seen, call.entry) = (read.pending, read.seen, read.entry);
                steps.push("begins, and shares a read", 0, next);
            }
        }
    }

    fn send_read(&self, state: &mut State, number: usize, trusted: bool) {
        let call = &mut state.calls[number];
        call.phase = Phase::Reading;
        call.pending = self.call(number).keys();
        call.trusted = trusted;
        call.seen = Seen {
            answered: true,
            ..Seen::default()
        };
        call.entry = None;
    }

    fn read_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let out = state.processes[self.call(number).process].out;
        let lost = if out {
            Some(*state)
        } else {
            self.after(Fault::RunsLate, state)
        };
        if let Some(mut next) = lost {
            let call = &mut next.calls[number];
            call.pending = 0;
            call.seen = Seen::default();
            call.entry = None;
            steps.push("gets no answer to its read", 0, next);
        }
        if out {
            return;
        }
        for key in each(state.calls[number].pending) {
            let mut next = *state;
            let call = &mut next.calls[number];
            call.pending &= !key;
            self.read(state, key, &mut call.seen, &mut call.entry);
            steps.push("reads", key, next);
        }
    }

    /// The reply to the read of one key.
    pub(super) fn read(
        &self,
        state: &State,
        key: Keys,
        seen: &mut Seen,
        entry: &mut Option<Entry>,
    ) {
        let keys = state.server.replica.as_ref().unwrap_or(&state.server.keys);
        let run = self.run(state, key);
        let at = index(key);
        if is_entry(key) {
            let slot = keys.entries[at];
            seen.occupant = slot.id();
            seen.run = run;
            *entry = slot.entry();
        } else if keys.markers[at] != NONE {
            seen.markers[at] = Marker {
                token: keys.markers[at],
                run,
            };
        }
    }

    /// All replies to the read are there: a hit, a flight to join, or a flight to lead.
    fn judge(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let call = state.calls[number];
        let trusted = if self.rules.has(Rule::TrustBeforeRead) {
            call.trusted
        } else {
            self.is_trusted(state, number)
        };
        if let Some(hit) = self
            .hits(call.entry, call.seen, of.groups)
            .filter(|_| trusted)
        {
            let mut next = *state;
            self.returns(&mut next, number, hit.value);
            return steps.push("hits", 0, next);
        }
        if self.join_moves(state, number, None, steps) {
            return;
        }
        let mut next = *state;
        let lacking = if call.seen.answered && self.rules.has(Rule::All) {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        Self::lead(&mut next, number);
        self.capture(&mut next, number, lacking);
        steps.push("misses", 0, next);
    }

    /// Sends for what is lacking, or is ready to load.
    fn capture(&self, state: &mut State, number: usize, lacking: Keys) {
        let trusted = self.is_trusted(state, number);
        let call = &mut state.calls[number];
        call.pending = lacking;
        if lacking == 0 {
            call.phase = Phase::Ready;
        } else {
            call.phase = Phase::Capturing;
            call.trusted = trusted;
        }
    }

    fn lead(state: &mut State, number: usize) {
        state.calls[number].flight = u8::try_from(number).expect("a few calls");
        state.flights[number] = Flight {
            stage: Stage::NotBegun,
            ..Flight::default()
        };
    }

    pub(super) fn can_join(&self, state: &State, of: CallOf, flight: usize, seen: Seen) -> bool {
        let other = self.call(flight);
        let joined = &state.flights[flight];
        let open = joined.vacant || joined.stage == Stage::NotBegun || !joined.detached;
        other.process == of.process
            && other.entry == of.entry
            && !joined.alone
            && open
            && decide::joins(self.rules, joined, seen, of.groups)
    }

    /// A move for each flight that the call can join. `own` is the flight it leads.
    fn join_moves(
        &self,
        state: &State,
        number: usize,
        own: Option<usize>,
        steps: &mut Steps<'_>,
    ) -> bool {
        let call = &state.calls[number];
        let of = self.call(number);
        let mut joined = false;
        for flight in (0..CALLS).filter(|flight| own != Some(*flight)) {
            if call.too_late_for & bit(flight) != 0 || !self.can_join(state, of, flight, call.seen)
            {
                continue;
            }
            joined = true;
            let mut next = *state;
            if let Some(own) = own {
                self.dissolve(&mut next, own, Some(flight));
            }
            self.join(&mut next, number, flight);
            steps.push("joins a flight", 0, next);
        }
        joined
    }

    fn join(&self, state: &mut State, number: usize, flight: usize) {
        if state.flights[flight].stage >= Stage::Landed {
            let value = state.flights[flight].value;
            return self.returns(state, number, value);
        }
        let call = &mut state.calls[number];
        call.phase = Phase::Waiting;
        call.pending = 0;
        call.flight = u8::try_from(flight).expect("a few calls");
        call.entry = None;
        if !self.scenario.may_need_views() {
            let answered = call.seen.answered;
            call.seen = Seen {
                answered,
                ..Seen::default()
            };
        }
    }

    /// Those who wait for `flight`, which has no value for them.
    fn waiters(state: &State, flight: usize) -> impl Iterator<Item = usize> + use<> {
        let calls = state.calls;
        (0..CALLS).filter(move |call| {
            calls[*call].phase == Phase::Waiting && usize::from(calls[*call].flight) == flight
        })
    }

    /// The leader of `flight` needs no load, because it joins another one or has hit: each of those who
    /// wait tests for itself.
    fn dissolve(&self, state: &mut State, flight: usize, joined: Option<usize>) {
        state.flights[flight] = Flight::default();
        for waiter in Self::waiters(state, flight) {
            if let Some(joined) = joined
                && !self.rules.has(Rule::WaitersTestThemselves)
            {
                self.join(state, waiter, joined);
            } else {
                let call = &mut state.calls[waiter];
                call.phase = Phase::SentBack;
                call.seen = Seen::default();
            }
        }
    }

    /// A move for each reply to a creation that is under way, and for each way in which it may fail.
    fn capture_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let call = &state.calls[number];
        if state.processes[self.call(number).process].out {
            if call.pending != 0 {
                let mut next = *state;
                next.calls[number].pending = 0;
                next.calls[number].asks_what_lies_there = false;
                steps.push("gets no answers to its capture", 0, next);
            }
            return;
        }
        for key in each(call.pending) {
            if is_entry(key) && call.asks_what_lies_there {
                let mut next = *state;
                let call = &mut next.calls[number];
                call.seen.occupant = state.server.keys.entries[index(key)].id();
                call.seen.run = self.run(state, key);
                call.asks_what_lies_there = false;
                call.pending &= !key;
                steps.push("asks what lies there", key, next);
                continue;
            }
            let mut next = *state;
            let sent = self.sends(&mut next, number, key);
            self.create(&mut next, number, key, sent);
            steps.push("creates", key, next);
            self.lose_creation(state, number, key, steps);
        }
    }

    /// The token or id that a creation carries.
    fn sends(&self, state: &mut State, number: usize, key: Keys) -> Name {
        let again = state.calls[number].sent[slot(key)];
        if again != NONE {
            return again;
        }
        let process = u8::try_from(self.call(number).process).expect("a few");
        if !is_entry(key) && !self.rules.has(Rule::TokensAreRandom) {
            FIXED
        } else if is_entry(key) && !self.rules.has(Rule::LeasesAreUnique) {
            FIXED + 1 + process
        } else {
            state.draw()
        }
    }

    /// A creation runs, and its reply arrives.
    fn create(&self, state: &mut State, number: usize, key: Keys, sent: Name) {
        let (at, run) = (index(key), self.run(state, key));
        let refresh = self.call(number).refresh;
        let call = &mut state.calls[number];
        call.sent[slot(key)] = NONE;
        if !is_entry(key) {
            let found = state.server.keys.create_marker(at, sent);
            call.seen.markers[at] = decide::created_marker(self.rules, sent, found, run);
            call.pending &= !key;
            return;
        }
        let found = state.server.keys.create_lease(at, sent);
        if refresh {
            // The reply would be the whole old value, so it is asked for its beginning.
            call.asks_what_lies_there = true;
            return;
        }
        call.seen.occupant = decide::created_lease(sent, found);
        call.leased = call.seen.occupant == sent;
        call.seen.run = run;
        call.entry = found.entry();
        call.pending &= !key;
    }

    fn lose_creation(&self, state: &State, number: usize, key: Keys, steps: &mut Steps<'_>) {
        let at = index(key);
        let runs = |state: &mut State, sent| {
            if is_entry(key) {
                state.server.keys.create_lease(at, sent);
            } else {
                state.server.keys.create_marker(at, sent);
            }
        };
        let late = |sent| {
            if is_entry(key) {
                Late::CreateLease(at, sent)
            } else {
                Late::CreateMarker(at, sent)
            }
        };
        if let Some(mut next) = self.after(Fault::ReplyLost, state) {
            let sent = self.sends(&mut next, number, key);
            runs(&mut next, sent);
            let mut again = next;
            self.send_again(&mut again, number, key, sent);
            steps.push(
                "creates, the reply is lost, and it is sent again",
                key,
                again,
            );
            self.give_up(&mut next, number, key, sent);
            steps.push("creates, and the reply is lost", key, next);
        }
        if let Some(mut next) = self.after(Fault::RunsLate, state) {
            let sent = self.sends(&mut next, number, key);
            let mut never = next;
            self.give_up(&mut never, number, key, sent);
            steps.push("gets no answer, and nothing is created", key, never);
            next.leave_late(late(sent));
            let mut again = next;
            self.send_again(&mut again, number, key, sent);
            steps.push(
                "gets no answer, its creation is late, and sent again",
                key,
                again,
            );
            self.give_up(&mut next, number, key, sent);
            steps.push("gets no answer, and its creation is late", key, next);
        }
    }

    fn send_again(&self, state: &mut State, number: usize, key: Keys, sent: Name) {
        let new = if is_entry(key) {
            Rule::NewLeaseOnRetry
        } else {
            Rule::NewTokenOnRetry
        };
        let again = if self.rules.has(new) { NONE } else { sent };
        state.calls[number].sent[slot(key)] = again;
    }

    fn give_up(&self, state: &mut State, number: usize, key: Keys, sent: Name) {
        let run = self.run(state, key);
        let call = &mut state.calls[number];
        call.pending &= !key;
        call.sent[slot(key)] = NONE;
        if is_entry(key) && !self.rules.has(Rule::UnansweredLeaseIsNone) {
            call.seen.occupant = sent;
            call.seen.run = run;
        }
        if !is_entry(key) && !self.rules.has(Rule::UnansweredMarkerIsNone) {
            call.seen.markers[index(key)] = Marker { token: sent, run };
        }
    }

    fn may_load_early(&self, call: &Call) -> bool {
        let entries = ENTRY.iter().fold(0, |all, key| all | key);
        let markers = MARKER.iter().fold(0, |all, key| all | key);
        (call.pending & markers == 0 && !self.rules.has(Rule::LoadAfterLease))
            || (call.pending & entries == 0 && !self.rules.has(Rule::LoadAfterMarkers))
    }

    /// All replies to the capture are there: hit test and join test once more.
    fn judge_again(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        let hit = self
            .hits(call.entry, call.seen, of.groups)
            .filter(|_| call.trusted && !of.refresh && self.rules.has(Rule::SecondHitTest));
        if let Some(hit) = hit {
            let mut next = *state;
            if !self.rules.has(Rule::HitIsForOneCall) {
                self.give(&mut next, flight, hit.value);
            }
            self.dissolve(&mut next, flight, None);
            self.returns(&mut next, number, hit.value);
            return steps.push("hits after its capture", 0, next);
        }
        if !of.refresh
            && self.rules.has(Rule::SecondJoinTest)
            && self.join_moves(state, number, Some(flight), steps)
        {
            return;
        }
        let mut next = *state;
        next.calls[number].phase = Phase::Ready;
        steps.push("has captured", 0, next);
    }

    fn begin_load(&self, state: &State, number: usize) -> State {
        let of = self.call(number);
        let mut next = *state;
        if of.refresh {
            next.begun |= Scenario::of_refresh(number);
        }
        next.processes[of.process].loads += u8::from(!of.refresh);
        let value = next.begun;
        let call = &mut next.calls[number];
        call.phase = Phase::Loading;
        call.entry = None;
        call.value = value;
        let flight = &mut next.flights[usize::from(call.flight)];
        flight.stage = Stage::Begun;
        flight.value = value;
        let captured = call.pending == 0 && decide::captures(call.seen, of.groups);
        flight.captures = captured.then_some(call.seen);
        next
    }

    /// The load ends: the caller has its value, and so have all who wait.
    fn answer(&self, state: &State, number: usize) -> State {
        let of = self.call(number);
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        let mut next = *state;
        self.give(&mut next, flight, call.value);
        next.flights[flight].stage = Stage::Landed;
        if !self.rules.has(Rule::FlightStays) || of.refresh {
            next.flights[flight] = Flight::default();
        }
        if !of.refresh {
            self.returns(&mut next, number, call.value);
        }
        let captured = call.pending != 0 || decide::captures(call.seen, of.groups);
        let given_up = !self.rules.has(Rule::DeadEntriesAreReplaced) && !call.leased;
        let naive = !self.rules.has(Rule::All) && call.seen.answered;
        if captured && !given_up || naive {
            next.calls[number] = Call {
                phase: Phase::Storing,
                promised: 0,
                trusted: false,
                entry: None,
                flight: if self.is_calm { call.flight } else { 0 },
                ..call
            };
        } else {
            self.not_stored(&mut next, number);
        }
        next
    }

    /// Hands a value to all who wait for a flight.
    fn give(&self, state: &mut State, flight: usize, value: Invalidations) {
        for waiter in Self::waiters(state, flight) {
            self.returns(state, waiter, value);
        }
    }

    /// The body fails, and those who wait run their own.
    fn fail(state: &mut State, number: usize) {
        let flight = usize::from(state.calls[number].flight);
        for waiter in Self::waiters(state, flight) {
            Self::load_alone(state, waiter);
        }
        state.flights[flight] = Flight::default();
        state.calls[number] = Call::DONE;
    }

    /// A call that has waited loads outside of a flight, and stores with what it has seen itself.
    fn load_alone(state: &mut State, number: usize) {
        Self::lead(state, number);
        state.flights[number].alone = true;
        state.calls[number].phase = Phase::Ready;
    }

    /// A call returns a value: was it promised a newer one?
    ///
    /// A call whose read was not answered cannot know what other processes did.
    fn returns(&self, state: &mut State, number: usize, value: Invalidations) {
        let call = state.calls[number];
        let of = self.call(number);
        let known = if call.seen.answered {
            Invalidations::MAX
        } else {
            self.scenario.made_by(of.process)
        };
        if call.promised & known & !value != 0 {
            state.breaks(Broken::Stale);
        }
        state.calls[number] = Call::DONE;
    }

    fn store_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let call = state.calls[number];
        if !decide::captures(call.seen, of.groups) && self.rules.has(Rule::All) {
            let mut next = *state;
            self.not_stored(&mut next, number);
            return steps.push("has nothing to store with", 0, next);
        }
        let expects = self.expects(&call, of);
        let entry = Entry {
            run: call.seen.run,
            groups: of.groups,
            markers: call.seen.markers,
            value: call.value,
            old: false,
        };
        let store = |mut state: State| {
            let id = state.draw();
            let stored = state.server.keys.store(of.entry, expects, id, entry);
            (state, stored)
        };
        let (mut next, stored) = store(*state);
        if stored {
            self.stored(&mut next, number);
            steps.push("stores", 0, next);
        } else {
            self.not_stored(&mut next, number);
            steps.push("is refused its store", 0, next);
        }
        if let Some(lost) = self.after(Fault::ReplyLost, state) {
            let (again, _) = store(lost);
            let mut next = again;
            self.not_stored(&mut next, number);
            steps.push("stores, and the reply is lost", 0, next);
            steps.push("stores, the reply is lost, and it is sent again", 0, again);
        }
        if let Some(mut lost) = self.after(Fault::RunsLate, state) {
            let mut never = lost;
            self.not_stored(&mut never, number);
            steps.push("is not stored", 0, never);
            lost.leave_late(Late::Store(of.entry, expects, entry));
            steps.push("stores again what will be stored late", 0, lost);
            self.not_stored(&mut lost, number);
            steps.push("is to be stored late", 0, lost);
        }
    }

    /// What a store asks of what lies there.
    fn expects(&self, call: &Call, of: CallOf) -> Expects {
        let set = [Rule::All, Rule::StoreCompares];
        if set.into_iter().any(|rule| !self.rules.has(rule))
            || (of.refresh && !self.rules.has(Rule::RefreshCompares))
            || (!call.leased && !self.rules.has(Rule::FoundIdIsExpected))
        {
            Expects::Anything
        } else if !self.rules.has(Rule::StoreComparesId) {
            Expects::Something
        } else if !self.rules.has(Rule::StoreComparesLease) {
            Expects::AnyLease
        } else {
            Expects::Id(call.seen.occupant)
        }
    }

    fn stored(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        if of.refresh {
            let bit = Scenario::of_refresh(number);
            state.processes[of.process].returned |= bit;
            state.applied |= bit;
        }
        self.end_flight(state, number);
        state.calls[number] = Call::DONE;
    }

    /// Calls that begin later find its value in the store, or load anew.
    fn end_flight(&self, state: &mut State, number: usize) {
        if self.is_calm {
            let flight = usize::from(state.calls[number].flight);
            state.flights[flight].stage = Stage::Ended;
        }
    }

    /// Nothing was stored, or so it seems. For a refresh, what lies there must not stay.
    fn not_stored(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        if !of.refresh {
            self.end_flight(state, number);
            state.calls[number] = Call::DONE;
        } else if self.rules.has(Rule::RefusedRefreshDeletes) {
            self.detach(state, of.process, Scenario::of_refresh(number));
            self.enter(state, of.process, Scenario::of_refresh(number));
            state.calls[number] = Call {
                phase: Phase::Deleting,
                ..Call::DONE
            };
        } else {
            self.stored(state, number);
        }
    }

    fn delete_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let key = ENTRY[of.entry];
        let bit = Scenario::of_refresh(number);
        let mut end = |what, mut next: State, applied| {
            self.settle(&mut next, of.process, bit, applied);
            next.calls[number] = Call::DONE;
            steps.push(what, key, next);
        };
        if state.processes[of.process].out {
            return end("cannot delete", *state, false);
        }
        let mut next = *state;
        next.server.keys.delete(key);
        end("deletes", next, true);
        self.lose_deletion(state, key, &mut |what, next, _| end(what, *next, false));
    }

    /// The caller drops its future, and the commands it has sent run or do not.
    fn cancel(&self, state: &mut State, number: usize) {
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        let leads = matches!(call.phase, Phase::Capturing | Phase::Ready | Phase::Loading);
        if leads {
            for key in each(call.pending) {
                let sent = self.sends(state, number, key);
                state.leave_late(if is_entry(key) {
                    Late::CreateLease(index(key), sent)
                } else {
                    Late::CreateMarker(index(key), sent)
                });
            }
            state.flights[flight].vacant = true;
            state.flights[flight].stage = Stage::NotBegun;
            if Self::waiters(state, flight).next().is_none() {
                state.flights[flight] = Flight::default();
            }
        }
        state.calls[number] = Call::DONE;
        if call.phase == Phase::Waiting {
            Self::leave(state, flight);
        }
    }

    /// Somebody waits for `flight` no more: without a leader, the last one ends it.
    fn leave(state: &mut State, flight: usize) {
        if state.flights[flight].vacant && Self::waiters(state, flight).next().is_none() {
            state.flights[flight] = Flight::default();
        }
    }

    /// A call that waited for a cancelled leader leads, with its own captures or with the leader's.
    fn take_over(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let call = &state.calls[number];
        let at = usize::from(call.flight);
        let lacking = if call.seen.answered {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        let mut next = *state;
        let flight = &mut next.flights[at];
        flight.vacant = false;
        let left = flight.captures.take();
        self.capture(&mut next, number, lacking);
        steps.push("takes over", 0, next);
        if let Some(left) = left {
            let call = &mut next.calls[number];
            call.phase = Phase::Ready;
            call.pending = 0;
            call.seen = left;
            steps.push("takes over, with what was captured", 0, next);
        }
    }
}

fn bit(flight: usize) -> u8 {
    1 << flight
}

/// Where a call keeps what it sent to a key.
fn slot(key: Keys) -> usize {
    index(key) + if is_entry(key) { 0 } else { 2 }
}
