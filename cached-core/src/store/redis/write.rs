//! The writes around a load: markers and a lease before it, its value after it, if what was
//! captured is still there.
//!
//! No command here is for more than one key, so that all of it works on a cluster. A command that creates
//! something is sent once: a copy that runs later would put back what was deleted since.

use std::{
    collections::HashMap,
    slice,
    time::{Duration, Instant},
};

use deadpool_redis::redis::{Cmd, Pipeline, Value, cmd};
use smallvec::SmallVec;

use super::{
    key_names::Names,
    lane::{CommandReply, Lane},
    marker_ttls::{self, MarkerTtls},
};
use crate::{
    clock,
    coherence::rules::{self, Occupant},
    config::{LONGEST_TTL, MARKERS_OUTLIVE},
    error::{Error, no_random},
    format::{
        entry::{self, Draws, Id, LEASE_LENGTH, Token},
        freshness,
    },
    store::{CaptureTtls, Payload, Reply, StoreOutcome, Write},
};

/// The compare-and-set: sets the key only if its content still begins as expected, and else returns how it begins now.
/// An absent key reads as empty, which is never expected.
const SCRIPT: &str = "local found=redis.call('GETRANGE',KEYS[1],0,#ARGV[1]-1) \
     if found==ARGV[1] then redis.call('SET',KEYS[1],ARGV[2],'PX',ARGV[3]) return 1 end \
     return found";

/// The script's name on the server: its SHA-1.
const SCRIPT_NAME: &str = "4c132b739712752b8c0f50858bfd18e38f901ed5";

/// The commands that create what loads need, and how to read their answers.
#[derive(Debug)]
pub(super) struct Capture {
    commands: Pipeline,
    /// The meaning of each command, in order.
    sent: Vec<Sent>,
    /// The ttl of the markers that are created.
    marker_ttl: Duration,
}

#[derive(Debug)]
enum Sent {
    /// The marker of the reply and group of these numbers, and perhaps of others: a marker is created once.
    Marker(Token, Uses),
    Lease(Id, usize),
    /// The lease of a claim, whose own answer says nothing; the next command's does.
    Claim,
    /// The query for the occupant of the entry's key.
    Occupant(usize),
    /// The query for the ttl of the entry's key.
    Ttl(usize),
}

/// The replies and groups that one marker is for.
type Uses = SmallVec<[(usize, usize); 1]>;

impl Capture {
    /// The capture of what `seen` lacks.
    pub(super) fn of_missing(
        names: &Names,
        seen: &Reply,
        ttls: CaptureTtls,
    ) -> Result<Self, Error> {
        let view = seen.view();
        let (mut capture, mut draws) = (Self::new(slice::from_ref(names), ttls), Draws::default());
        let mut lacking = view.lacks_markers().peekable();
        for (group, name) in names.markers().enumerate() {
            if lacking.next_if_eq(&group).is_some() {
                capture.push_marker(name, (0, group), &mut draws)?;
            }
        }
        if view.lacks_lease() {
            // The ttl is asked for first, as in a read: the other way round an old value would look young.
            if names.asks_ttl {
                let mut ttl = cmd("PTTL");
                ttl.arg(names.entry());
                capture.push(ttl, Sent::Ttl(0));
            }
            let lease = Id::drawn(&mut draws).map_err(no_random)?;
            let mut set = set_if_absent(names.entry(), &lease.lease(), ttls.lease);
            set.arg("GET");
            capture.push(set, Sent::Lease(lease, 0));
        }
        Ok(capture)
    }

    /// The capture of everything, whatever is there.
    pub(super) fn of_all(names: &[Names], ttls: CaptureTtls) -> Result<Self, Error> {
        let (mut capture, mut draws) = (Self::new(names, ttls), Draws::default());
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (reply, names) in names.iter().enumerate() {
            for (group, name) in names.markers().enumerate() {
                if let Some(Sent::Marker(_, uses)) =
                    known.get(name).and_then(|at| capture.sent.get_mut(*at))
                {
                    uses.push((reply, group));
                } else {
                    known.insert(name, capture.sent.len());
                    capture.push_marker(name, (reply, group), &mut draws)?;
                }
            }
            let lease = Id::drawn(&mut draws).map_err(no_random)?;
            capture.push(
                set_if_absent(names.entry(), &lease.lease(), ttls.lease),
                Sent::Claim,
            );
            let mut getrange = cmd("GETRANGE");
            getrange
                .arg(names.entry())
                .arg(0)
                .arg(LEASE_LENGTH.saturating_sub(1));
            capture.push(getrange, Sent::Occupant(reply));
        }
        Ok(capture)
    }

    /// An empty capture with room for the commands of all `names`: one for each, and one more for an entry.
    fn new(names: &[Names], ttls: CaptureTtls) -> Self {
        let of_one = |names: &Names| names.len().saturating_add(1);
        let commands = names.iter().map(of_one).fold(0, usize::saturating_add);
        Self {
            commands: Pipeline::with_capacity(commands),
            sent: Vec::with_capacity(commands),
            marker_ttl: marker_ttls::ample(ttls.markers.saturating_sub(MARKERS_OUTLIVE)),
        }
    }

    fn push_marker(
        &mut self,
        name: &str,
        used: (usize, usize),
        draws: &mut Draws,
    ) -> Result<(), Error> {
        let token = Token::drawn(draws).map_err(no_random)?;
        let mut set = set_if_absent(name, token.as_bytes(), self.marker_ttl);
        set.arg("GET");
        self.push(set, Sent::Marker(token, [used].into_iter().collect()));
        Ok(())
    }

    fn push(&mut self, command: Cmd, sent: Sent) {
        self.commands.add_command(command);
        self.sent.push(sent);
    }

    pub(super) fn commands(&self) -> &Pipeline {
        &self.commands
    }

    /// Adds to `replies` what the answers say is there.
    ///
    /// One that is missing was refused, because something of another type lies there: nothing can be
    /// stored with it.
    pub(super) fn complete_replies(
        &self,
        answers: Vec<CommandReply>,
        sent_at: Instant,
        lane: &Lane,
        replies: &mut [Reply],
    ) {
        let identity = lane.identity();
        for (sent, answer) in self.sent.iter().zip(answers) {
            let refused = answer == CommandReply::AnotherType;
            if let Sent::Ttl(reply) = sent {
                if let Some(reply) = replies.get_mut(*reply) {
                    reply.lifetime.remaining = answer.ttl();
                }
                continue;
            }
            let found = answer.bytes();
            match sent {
                Sent::Marker(..) if refused => {}
                Sent::Marker(token, uses) => {
                    if found.is_none() {
                        lane.marker_ttls().learn(*token, sent_at, self.marker_ttl);
                    }
                    let marker = rules::created_marker(*token, found.as_deref(), Some(identity));
                    for (reply, group) in uses {
                        let Some(reply) = replies.get_mut(*reply) else {
                            continue;
                        };
                        reply.created |= found.is_none();
                        if let Some(place) = reply.markers.get_mut(*group) {
                            *place = marker;
                        }
                    }
                }
                Sent::Claim | Sent::Ttl(_) => {}
                Sent::Lease(_, reply) | Sent::Occupant(reply) => {
                    let occupant = match sent {
                        _ if refused => Occupant::Foreign,
                        Sent::Lease(lease, _) => rules::created_lease(*lease, found.as_deref()),
                        _ => found.as_deref().map_or(Occupant::Absent, Occupant::of),
                    };
                    if let Some(reply) = replies.get_mut(*reply) {
                        reply.occupant = Some(occupant);
                        reply.created |= found.is_none() && !refused;
                        // A query for the occupant shows only the beginning.
                        reply.payload = match sent {
                            Sent::Lease(..) => found.map(Payload::Bytes),
                            _ => None,
                        };
                    }
                }
            }
        }
    }
}

/// A reply of which nothing is known yet.
pub(super) fn unknown_reply(names: &Names) -> Reply {
    let groups = names.len().saturating_sub(1);
    Reply {
        payload: None,
        identity: None,
        markers: std::iter::repeat_n(None, groups).collect(),
        lifetime: freshness::Lifetime::default(),
        occupant: Some(Occupant::Foreign),
        created: false,
    }
}

fn set_if_absent(name: &str, content: &[u8], ttl: Duration) -> Cmd {
    let mut set = command(6, name.len().saturating_add(content.len()));
    set.arg("SET")
        .arg(name)
        .arg(content)
        .arg("NX")
        .arg("PX")
        .arg(milliseconds(ttl));
    set
}

/// Stores each of `writes` if what its load captured is still there, and extends the markers of their groups
/// for as long as they need them.
pub(super) async fn store_values(
    lane: &Lane,
    writes: &[Write],
    names: &[Names],
) -> Result<Vec<StoreOutcome>, Error> {
    let now = clock::instant();
    let short = short_markers(lane.marker_ttls(), writes, names, now);
    let mut pipeline = Pipeline::with_capacity(writes.len().saturating_add(short.len()));
    for (marker, (_, kept_for)) in &short {
        pipeline.add_command(extend_marker(marker, *kept_for));
    }
    let extensions = pipeline.len();
    for (write, names) in writes.iter().zip(names) {
        pipeline.add_command(compare_and_set("EVALSHA", SCRIPT_NAME, write, names));
    }
    let answers = lane.run_pipeline(&pipeline).await?;
    for (token, kept_for) in short.into_values() {
        lane.marker_ttls()
            .learn(token, now, marker_ttls::ample(kept_for));
    }
    let mut answers: Vec<CommandReply> = answers.into_iter().skip(extensions).collect();
    // The server is new, or its scripts were flushed. The command can be sent again: what it expects is there
    // once at the most.
    if answers.contains(&CommandReply::NoScript) {
        let mut again = Pipeline::with_capacity(writes.len());
        for (write, names) in writes.iter().zip(names) {
            again.add_command(compare_and_set("EVAL", SCRIPT, write, names));
        }
        answers = lane.run_pipeline(&again).await?;
    }
    Ok(answers
        .into_iter()
        .map(|answer| match answer {
            CommandReply::Value(Value::Int(1)) => StoreOutcome::Stored,
            found => StoreOutcome::Rejected(found.bytes().and_then(|found| entry::id_of(&found))),
        })
        .collect())
}

/// The markers of which it is not known that they live long enough for `writes`, and how long those need them.
fn short_markers<'a>(
    known: &MarkerTtls,
    writes: &[Write],
    names: &'a [Names],
    now: Instant,
) -> HashMap<&'a str, (Token, Duration)> {
    let mut short = HashMap::new();
    for (write, names) in writes.iter().zip(names) {
        for (name, marker) in names.markers().zip(&write.markers) {
            if known.is_short(marker.token, now, write.kept_for()) {
                let (_, kept_for) = short.entry(name).or_insert((marker.token, Duration::ZERO));
                *kept_for = write.kept_for().max(*kept_for);
            }
        }
    }
    short
}

fn compare_and_set(name: &str, script: &str, write: &Write, names: &Names) -> Cmd {
    let bytes: &[u8] = match &write.payload {
        Payload::Bytes(bytes) => bytes,
        Payload::Typed(..) => &[],
    };
    let length = names.entry().len().saturating_add(bytes.len());
    let mut store = command(7, length.saturating_add(script.len()));
    store
        .arg(name)
        .arg(script)
        .arg(1)
        .arg(names.entry())
        .arg(write.expected.prefix())
        .arg(bytes)
        .arg(milliseconds(write.kept_for()));
    store
}

/// A command with room for its name, numbers and so many bytes more: one that grows is copied.
fn command(arguments: usize, bytes: usize) -> Cmd {
    Cmd::with_capacity(arguments.saturating_add(1), bytes.saturating_add(80))
}

/// The command that lets a marker live for as long as an entry that is kept for `kept_for` needs it, if it would not
/// anyway.
pub(super) fn extend_marker(marker: &str, kept_for: Duration) -> Cmd {
    let mut extend = cmd("PEXPIRE");
    extend
        .arg(marker)
        .arg(milliseconds(marker_ttls::ample(kept_for)))
        .arg("GT");
    extend
}

pub(super) fn milliseconds(ttl: Duration) -> u64 {
    // Redis refuses 0, and a ttl whose end does not fit its clock.
    let ttl = ttl.clamp(Duration::from_millis(1), LONGEST_TTL);
    u64::try_from(ttl.as_millis()).unwrap_or(1)
}
