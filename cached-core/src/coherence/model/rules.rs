//! The rules of the protocol, each of which can be left out to see that histories break without it.

/// A rule that can be left out. Its line says what happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// All of them: a hit is whatever lies there, a store writes, an invalidation deletes the entry.
    All,
    /// A group without a marker is taken to be unchanged.
    MissingMarkerIsMiss,
    /// Every creation of a marker writes the same token.
    TokensAreRandom,
    /// A marker's creation that is sent again carries the token of the first time.
    NewTokenOnRetry,
    /// A lease that is sent again carries the id of the first time.
    NewLeaseOnRetry,
    /// A load begins while a marker's creation is under way, and its entry takes that token.
    LoadAfterMarkers,
    /// A load begins while its lease is under way.
    LoadAfterLease,
    /// A marker's creation without an answer counts as done.
    UnansweredMarkerIsNone,
    /// A lease without an answer counts as left.
    UnansweredLeaseIsNone,
    /// A call that finds another's token when it creates a marker stores its own.
    FoundTokenCounts,
    /// A call that finds something at the entry's key writes over whatever is there later.
    FoundIdIsExpected,
    /// A call that finds something at the entry's key does not store.
    DeadEntriesAreReplaced,
    /// A store writes, whatever is there.
    StoreCompares,
    /// A store writes if anything is there.
    StoreComparesId,
    /// A store writes over any lease.
    StoreComparesLease,
    /// All leases of a process have one id.
    LeasesAreUnique,
    /// An entry counts if the tokens that it has are right, although it has none for one group.
    ReadersGroupsDecide,
    /// Nothing says which run of a server answered.
    Identity,
    /// Only the entry's server is told apart from its former runs.
    IdentityOfMarkers,
    /// Only the markers' servers are told apart from their former runs.
    IdentityOfEntry,
    /// Reads go to a replica that lags behind.
    PrimariesOnly,
    /// A call takes over the replies to a read that was sent before it began.
    OwnRead,
    /// Each call that misses joins the load that is under way.
    JoinTest,
    /// The join test compares ids only.
    JoinComparesTokens,
    /// The join test compares tokens only.
    JoinComparesIds,
    /// A call that could not read joins a load that could not capture.
    BlindLoadsAreAlone,
    /// There is no join test after the capture.
    SecondJoinTest,
    /// There is no hit test after the capture.
    SecondHitTest,
    /// A flight cannot be joined once it has a value.
    FlightStays,
    /// A hit after the capture is given to those who wait as well.
    HitIsForOneCall,
    /// A flight whose leader joins another takes those who wait along.
    WaitersTestThemselves,
    /// An entry past its ttl is served although its groups were invalidated.
    StaleCounts,
    /// A call that waits for a load that fails serves the copy that its leader read.
    OwnCopy,
    /// A refresh in the background writes, whatever is there.
    BackgroundCompares,
    /// An invalidation returns as soon as it is sent.
    AppliedMeansReply,
    /// An invalidation takes the reply to a command that another one had sent before.
    OwnDeletion,
    /// A reply takes everything out of the journal, also what was entered after its command was sent.
    AcknowledgesWhatWasSent,
    /// Hits are served while an invalidation is postponed.
    PostponedCovers,
    /// A read is trusted or not when its reply is there, by what is postponed then.
    TrustBeforeRead,
    /// A second read is trusted, whatever has been postponed since.
    TrustBeforeSecondRead,
    /// An invalidation leaves flights of its process to be joined.
    InvalidationDetaches,
    /// An invalidation leaves what its process keeps in an outage.
    MemoryIsCovered,
    /// Values kept in an outage answer calls in the next one.
    MemoryEndsWithOutage,
    /// Values kept in an outage answer every call later whose read fails.
    MemoryIsForOutages,
    /// A load from before an outage has its value kept in it.
    MemoryOfOwnLoads,
    /// A value is kept in an outage although it was invalidated during its load.
    MemoryIfUnchanged,
    /// After an outage, what was kept is stored.
    MemoryIsNotCopied,
    /// A refresh whose store is refused returns, and that is all.
    RefusedRefreshDeletes,
    /// A refresh writes, whatever is there.
    RefreshCompares,
    /// A refresh replaces whatever its process has stored meanwhile.
    RefreshReplacesOlder,
    /// A typed invalidation deletes one version's entry.
    TypedReachesVersions,
}

impl Rule {
    /// Returns its number in the protocol, and in a few words how it is left out.
    pub(super) fn without(self) -> &'static str {
        match self {
            Self::All => "    naive: delete, then set",
            Self::MissingMarkerIsMiss => "R1  a missing marker is no miss",
            Self::TokensAreRandom => "R2  tokens are not random",
            Self::NewTokenOnRetry => "R2  a marker is sent again as it was",
            Self::NewLeaseOnRetry => "R2  a lease is sent again as it was",
            Self::LoadAfterMarkers => "R3a tokens captured after the load began",
            Self::LoadAfterLease => "R3b lease left after the load began",
            Self::UnansweredMarkerIsNone => "R3c unanswered marker taken as done",
            Self::UnansweredLeaseIsNone => "R3c unanswered lease taken as done",
            Self::FoundTokenCounts => "R3d own token though another was there",
            Self::FoundIdIsExpected => "R4a no lease, so plain SET",
            Self::DeadEntriesAreReplaced => "R4b no lease, so no store",
            Self::StoreCompares => "R5  store by SET",
            Self::StoreComparesId => "R5  store by SET XX",
            Self::StoreComparesLease => "R5  store over any lease",
            Self::LeasesAreUnique => "R5  lease id per process",
            Self::ReadersGroupsDecide => "R6  the entry's groups decide",
            Self::Identity => "R7  no identity",
            Self::IdentityOfMarkers => "R7  identity of the entry's node only",
            Self::IdentityOfEntry => "R7  identity of the markers' nodes only",
            Self::PrimariesOnly => "R8  reads from a lagging replica",
            Self::OwnRead => "R9  a read shared after it was sent",
            Self::JoinTest => "R10 join any load",
            Self::JoinComparesTokens => "R10 join by ids only",
            Self::JoinComparesIds => "R10 join by tokens only",
            Self::BlindLoadsAreAlone => "R10 blind calls share blind loads",
            Self::SecondJoinTest => "R11 no second join test",
            Self::SecondHitTest => "R11 no second hit test",
            Self::FlightStays => "R11 flight leaves at once",
            Self::HitIsForOneCall => "R11 leader's hit shared",
            Self::WaitersTestThemselves => "R11 waiters handed on",
            Self::StaleCounts => "R13 stale without the hit test",
            Self::OwnCopy => "R13 the leader's copy on errors",
            Self::BackgroundCompares => "R13 background refresh by SET",
            Self::AppliedMeansReply => "R14 applied without a reply",
            Self::OwnDeletion => "R14 shares a sent UNLINK",
            Self::AcknowledgesWhatWasSent => "R14 acknowledges what came later",
            Self::PostponedCovers => "R15 hits trusted while postponed",
            Self::TrustBeforeRead => "R15 trust judged with the reply",
            Self::TrustBeforeSecondRead => "R15 second read not judged anew",
            Self::InvalidationDetaches => "R16 flights not detached",
            Self::MemoryIsCovered => "R16 memory of an outage not covered",
            Self::MemoryEndsWithOutage => "R17 memory kept for the next outage",
            Self::MemoryIsForOutages => "R17 memory asked by one failed read",
            Self::MemoryOfOwnLoads => "R17 memory of a load from before",
            Self::MemoryIfUnchanged => "R17 memory though invalidated",
            Self::MemoryIsNotCopied => "R17 memory copied to the store",
            Self::RefusedRefreshDeletes => "R18 refused refresh returns",
            Self::RefreshCompares => "R18 refresh by SET",
            Self::RefreshReplacesOlder => "R18 refresh over any store of its own",
            Self::TypedReachesVersions => "R19 typed deletes one entry",
        }
    }
}

/// The rules that hold: all, or all but one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules(Option<Rule>);

impl Rules {
    pub(super) const ALL: Self = Self(None);

    pub(super) fn without(rule: Rule) -> Self {
        Self(Some(rule))
    }

    pub(super) fn has(self, rule: Rule) -> bool {
        self.0 != Some(rule)
    }
}
