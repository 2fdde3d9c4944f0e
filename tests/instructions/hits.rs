//! The hits that are counted, each in a program of its own.

use std::hint::black_box;
use std::time::Duration;

use cached_core::{Cache, cached};
use serde::{Deserialize, Serialize};

/// Warm keys: few enough for every store's default bound, enough to leave the first cache line.
const KEYS: u64 = 100;

/// The most passes over all keys until none is a miss: a value is stored in the background.
const PASSES: u32 = 50;

/// A user's profile: six allocations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    id: u64,
    name: String,
    email: String,
    city: String,
    about: String,
    active: bool,
    tags: Vec<String>,
}

impl Profile {
    /// The profile of this id; all are of one length.
    fn of(id: u64) -> Self {
        Self {
            id: 1_000 + id,
            name: format!("Grace Hopper the {id:04}th"),
            email: format!("grace.hopper.{id:04}@example.org"),
            city: "Arlington, Virginia".to_owned(),
            about: "Likes compilers, nanoseconds made of wire, and clocks that run backwards."
                .to_owned(),
            active: true,
            tags: vec!["navy".to_owned()],
        }
    }
}

#[cached(ttl = "1h", prefix = "number:{id}")]
async fn number(id: u64) -> u64 {
    id * 2
}

#[cached(ttl = "1h", prefix = "user:{id}:profile", tags = ["city:{id}"])]
async fn profile(id: u64) -> Profile {
    Profile::of(id)
}

/// One way to be a hit, or the clone that is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    InMemory,
    InMemoryOfSixAllocations,
    OnRedis,
    Clone,
    CloneOfSixAllocations,
}

impl Hit {
    /// Every hit that has a figure.
    pub(crate) const ALL: [Self; 3] = [
        Self::InMemory,
        Self::InMemoryOfSixAllocations,
        Self::OnRedis,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InMemory => "in memory, u64",
            Self::InMemoryOfSixAllocations => "in memory, six allocations",
            Self::OnRedis => "on Redis, six groups",
            Self::Clone => "clone, u64",
            Self::CloneOfSixAllocations => "clone, six allocations",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let clones = [Self::Clone, Self::CloneOfSixAllocations];
        let mut all = Self::ALL.into_iter().chain(clones);
        all.find(|hit| hit.name() == name)
    }

    /// The clone and drop of its value, which are not ours.
    pub(crate) fn clone_alone(self) -> Option<Self> {
        match self {
            Self::InMemory => Some(Self::Clone),
            Self::InMemoryOfSixAllocations => Some(Self::CloneOfSixAllocations),
            _ => None,
        }
    }

    /// Two numbers of calls, whose difference counts.
    pub(crate) fn calls(self) -> [u32; 2] {
        match self {
            Self::OnRedis => [1_000, 6_000],
            _ => [10_000, 60_000],
        }
    }

    /// Fills a cache, and then calls so often.
    pub(crate) fn run(self, url: &str, calls: u32) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let in_memory = || Cache::in_memory().expect("a cache");
        runtime.block_on(async {
            match self {
                Self::InMemory => call(&in_memory(), number, calls).await,
                Self::InMemoryOfSixAllocations => call(&in_memory(), profile, calls).await,
                Self::OnRedis => call(&on_redis(url), profile, calls).await,
                Self::Clone => clone(|id| id * 2, calls),
                Self::CloneOfSixAllocations => clone(Profile::of, calls),
            }
        });
    }
}

fn on_redis(url: &str) -> Cache {
    let cache = Cache::builder()
        .redis_url(url)
        .namespace("instructions")
        // Under valgrind all takes long.
        .op_timeout(Duration::from_secs(10))
        .build();
    cache.expect("a cache")
}

/// Calls `function` for all keys until each is a hit, and then so often.
async fn call<R>(cache: &Cache, function: impl AsyncFn(u64) -> R, calls: u32) {
    let loads = || cache.stats().total.loads;
    let work = async {
        for _ in 0..PASSES {
            let before = loads();
            for id in 0..KEYS {
                black_box(function(id).await);
            }
            if loads() == before {
                break;
            }
        }
        let before = loads();
        for id in (0..KEYS).cycle().take(calls as usize) {
            black_box(function(id).await);
        }
        assert_eq!(loads(), before, "all are hits");
    };
    cache.scope(work).await;
}

/// Clones values so often, and drops them.
fn clone<T: Clone>(make: impl Fn(u64) -> T, calls: u32) {
    let values: Vec<T> = (0..KEYS).map(make).collect();
    for value in values.iter().cycle().take(calls as usize) {
        black_box(value.clone());
    }
}
