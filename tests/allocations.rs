//! Allocations of a hit in memory: nothing but the clone of the value.
//!
//! A test binary of its own, since an allocator that counts belongs to a whole program. It counts by thread, so tests
//! may run beside each other.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::unwrap_used
)]

use std::hint::black_box;

use allocation_counter::measure;
use cached_core::{Cache, Observer, cached};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

/// Hits that are counted together: what is done once in a while would show.
const HITS: u64 = 1_000;

/// Keys that they are of.
const KEYS: u64 = 10;

/// Six allocations: four texts, a list and the text in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    id: u64,
    name: String,
    email: String,
    city: String,
    about: String,
    tags: Vec<String>,
}

impl Profile {
    fn of(id: u64) -> Self {
        Self {
            id,
            name: format!("Grace Hopper the {id}th"),
            email: format!("grace.{id}@example.org"),
            city: "Arlington, Virginia".to_owned(),
            about: "Likes compilers and nanoseconds made of wire.".to_owned(),
            tags: vec!["navy".to_owned()],
        }
    }
}

#[cached(ttl = "1h", prefix = "number:{id}")]
async fn number(id: u64) -> u64 {
    id * 2
}

#[cached(ttl = "1h", prefix = "user:{id}:profile", tags = ["city"])]
async fn profile(id: u64) -> Profile {
    Profile::of(id)
}

#[cached(ttl = "1h")]
async fn fallible(id: u64) -> Result<u64, String> {
    if id < KEYS {
        Ok(id)
    } else {
        Err("too large".to_owned())
    }
}

#[cached(ttl = "1h", prefix = "named:{name}")]
async fn named(name: &str, page: Option<u32>) -> Option<u64> {
    Some(name.len() as u64 + u64::from(page?))
}

struct Shop {
    id: u64,
}

impl Shop {
    #[cached(ttl = "1h", prefix = "shop:{self.id}:price:{item}")]
    async fn price(&self, item: u64) -> u64 {
        self.id * 100 + item
    }
}

/// Allocations of all `HITS` hits of `call` in the current cache.
async fn of_hits<R>(call: impl AsyncFn(u64) -> R) -> u64 {
    for id in 0..2 * KEYS {
        black_box(call(id % KEYS).await);
    }
    let before = Cache::current().stats().total;
    let counted = measure(|| {
        for turn in 0..HITS {
            let hit = call(turn % KEYS).now_or_never();
            black_box(hit.expect("a hit in memory does not wait"));
        }
    });
    let after = Cache::current().stats().total;
    assert_eq!(
        (after.hits - before.hits, after.misses - before.misses),
        (HITS, 0)
    );
    counted.count_total
}

/// Each shape of a function, in whatever cache is the current one.
async fn each_takes_what_its_clone_takes() {
    assert_eq!(of_hits(number).await, 0, "a number");
    assert_eq!(of_hits(profile).await, 6 * HITS, "six allocations");
    assert_eq!(of_hits(fallible).await, 0, "a result");
    let by_name = async |id| named("grace", u32::try_from(id).ok()).await;
    assert_eq!(of_hits(by_name).await, 0, "a text and an option in the key");
    let shop = Shop { id: 7 };
    let price = async |id| shop.price(id).await;
    assert_eq!(of_hits(price).await, 0, "a method");
}

#[tokio::test]
async fn hit_in_a_scope_allocates_nothing_but_the_clone() {
    let cache = Cache::in_memory().unwrap();
    cache.scope(each_takes_what_its_clone_takes()).await;
}

#[tokio::test]
async fn hit_in_the_installed_cache_allocates_nothing_but_the_clone() {
    Cache::in_memory().unwrap().install().unwrap();
    each_takes_what_its_clone_takes().await;
}

#[tokio::test]
async fn scope_around_each_hit_takes_at_most_one() {
    let cache = Cache::in_memory().unwrap();
    let scoped = async |id| cache.scope(number(id)).await;
    assert!(cache.scope(of_hits(scoped)).await <= HITS);
}

#[tokio::test]
async fn hit_after_an_invalidation_allocates_nothing_but_the_clone() {
    let cache = Cache::in_memory().unwrap();
    let hits = async {
        number(1).await;
        cache.invalidate("number:1").await.unwrap();
        cache.invalidate_tag("city").await.unwrap();
        (of_hits(number).await, of_hits(profile).await)
    };
    assert_eq!(cache.scope(hits).await, (0, 6 * HITS));
}

/// It notes the first 64 calls, in a list that grows.
#[tokio::test]
async fn observer_takes_room_for_its_notes_and_nothing_for_a_hit() {
    let cache = Cache::in_memory().unwrap();
    let observer = Observer::new();
    let hits = observer.scope(async {
        let with_notes = of_hits(number).await;
        (with_notes, of_hits(number).await, of_hits(profile).await)
    });
    let (with_notes, without, profiles) = cache.scope(hits).await;
    assert!(with_notes < 10, "{with_notes}");
    assert_eq!((without, profiles), (0, 6 * HITS));
}
