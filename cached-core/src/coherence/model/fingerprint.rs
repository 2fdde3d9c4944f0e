//! Fingerprints of states: one number each, the same for those that differ in nothing but the names that were drawn.

use super::{
    names::{FIXED, NONE, Name},
    server::{Entry, Expects, GROUPS, Keyspace, Marker, Server, Slot},
    state::{Call, Flight, Late, Phase, Process, Seen, Stage, State},
};

impl State {
    /// Returns a fingerprint, the same for states that differ in nothing but the names that were drawn.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut print = Fingerprint::new();
        print.server(&self.server);
        for call in &self.calls {
            print.call(call);
        }
        for flight in &self.flights {
            print.flight(flight);
        }
        for writer in &self.writers {
            print.two(writer.phase as u8, writer.pending);
            print.flag(writer.unanswered);
        }
        for process in &self.processes {
            print.process(process);
        }
        for late in &self.late {
            print.late(late);
        }
        print.two(self.loaded, self.faults);
        if self.loaded != 0 {
            for stored in &self.stores {
                print.name(stored.id);
                print.name(stored.in_place_of);
            }
        }
        print.two(self.begun, self.applied);
        print.finish()
    }
}

/// A hasher that numbers names in the order in which it meets them.
struct Fingerprint {
    numbers: [u8; 256],
    last: u8,
    word: u64,
    filled: u8,
    hash: u64,
}

impl Fingerprint {
    fn new() -> Self {
        Self {
            numbers: [0; 256],
            last: 0,
            word: 0,
            filled: 0,
            hash: 0,
        }
    }

    fn keyspace(&mut self, keys: &Keyspace) {
        for slot in &keys.entries {
            match slot {
                Slot::Absent => self.byte(0),
                Slot::Lease(id) => {
                    self.byte(1);
                    self.name(*id);
                }
                Slot::Entry(id, entry) => {
                    self.byte(2);
                    self.name(*id);
                    self.entry(*entry);
                }
            }
        }
        for token in &keys.markers {
            self.name(*token);
        }
    }

    fn server(&mut self, server: &Server) {
        self.keyspace(&server.keys);
        for former in [&server.dump, &server.replica] {
            self.flag(former.is_some());
            if let Some(former) = former {
                self.keyspace(former);
            }
        }
        for run in &server.runs {
            self.byte(*run);
        }
    }

    fn entry(&mut self, entry: Entry) {
        self.two(entry.run, entry.value);
        self.two(entry.groups, u8::from(entry.old));
        self.markers(entry.markers);
    }

    fn markers(&mut self, markers: [Marker; GROUPS]) {
        for marker in &markers {
            self.name(marker.token);
            self.byte(marker.run);
        }
    }

    fn seen(&mut self, seen: Seen) {
        self.flag(seen.answered);
        self.name(seen.occupant);
        self.byte(seen.run);
        self.markers(seen.markers);
    }

    fn call(&mut self, call: &Call) {
        self.byte(call.phase as u8);
        if matches!(call.phase, Phase::Idle | Phase::Done) {
            return;
        }
        self.two(call.promised, call.pending);
        self.two(call.flight, call.value);
        self.two(call.too_late_for, call.outage);
        self.byte(call.older);
        let flags = [
            call.trusted,
            call.asks_occupant,
            call.leased,
            call.background,
            call.copy.is_some(),
        ];
        self.byte(flags.iter().fold(0, |all, flag| all << 1 | u8::from(*flag)));
        self.byte(call.copy.unwrap_or_default());
        self.seen(call.seen);
        self.flag(call.entry.is_some());
        if let Some(entry) = &call.entry {
            self.entry(*entry);
        }
        for sent in &call.sent {
            self.name(*sent);
        }
    }

    fn flight(&mut self, flight: &Flight) {
        self.byte(flight.stage as u8);
        if flight.stage == Stage::None {
            return;
        }
        let flags = [flight.vacant, flight.detached, flight.alone];
        self.byte(flags.iter().fold(0, |all, flag| all << 1 | u8::from(*flag)));
        self.flag(flight.captures.is_some());
        if let Some(captures) = flight.captures {
            self.seen(captures);
        }
        self.two(flight.value, flight.outage);
    }

    fn process(&mut self, process: &Process) {
        self.flag(process.cut_off);
        self.outage(process);
        self.two(process.loads, process.entered);
        if process.entered == 0 {
            return;
        }
        self.two(process.returned, process.unconfirmed);
        self.two(process.sending, process.pending);
        self.byte(process.sending_number);
        for number in &process.numbers {
            self.byte(*number);
        }
        for record in &process.open_numbers {
            self.two(record.oldest, record.latest);
            self.byte(record.postponed);
        }
    }

    fn outage(&mut self, process: &Process) {
        self.byte(process.outage);
        if process.outage == 0 {
            return;
        }
        self.flag(process.breaker_open);
        self.byte(process.known);
        for kept in process.memory {
            self.flag(kept.is_some());
            self.byte(kept.unwrap_or_default());
        }
    }

    fn late(&mut self, late: &Late) {
        match late {
            Late::None => self.byte(0),
            Late::CreateMarker(group, token) => {
                self.two(1, u8::from(*group == 1));
                self.name(*token);
            }
            Late::CreateLease(entry, id) => {
                self.two(2, u8::from(*entry == 1));
                self.name(*id);
            }
            Late::Delete(key) => self.two(3, *key),
            Late::Store(at, expects, id, entry) => {
                self.two(4, u8::from(*at == 1));
                self.name(*id);
                match expects {
                    Expects::Id(id) => {
                        self.byte(0);
                        self.name(*id);
                    }
                    Expects::Anything => self.byte(1),
                    Expects::Something => self.byte(2),
                    Expects::AnyLease => self.byte(3),
                }
                self.entry(*entry);
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        self.word = self.word << 8 | u64::from(byte);
        self.filled += 1;
        if self.filled == 8 {
            self.mix();
        }
    }

    fn two(&mut self, first: u8, second: u8) {
        self.byte(first);
        self.byte(second);
    }

    fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    fn name(&mut self, name: Name) {
        // Fixed names are drawn again, so they are not like others.
        if name == NONE || name >= FIXED {
            return self.byte(name);
        }
        let number = &mut self.numbers[usize::from(name)];
        if *number == 0 {
            self.last += 1;
            *number = self.last;
        }
        let number = *number;
        self.byte(number);
    }

    /// Mixes a word in. Each step can be undone, so words that differ stay different; the shifts spread them (Stafford's
    /// thirteenth mix).
    fn mix(&mut self) {
        let mut hash = self.hash.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ self.word;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.hash = hash ^ (hash >> 31);
        self.word = 0;
        self.filled = 0;
    }

    fn finish(mut self) -> u64 {
        self.byte(1);
        self.mix();
        self.hash
    }
}
