//! Round trips of calls and invalidations, by the server's own counters and by a proxy that counts round trips.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cached_core::{Cache, Observer, cached, invalidates};
use tests::{Proxy, RedisServer};

use crate::stored;

/// A server whose commands nobody else sends, and a cache that reaches it through a proxy.
struct Line {
    server: RedisServer,
    proxy: Proxy,
    cache: Cache,
}

impl Line {
    async fn open() -> Self {
        let server = RedisServer::start();
        let proxy = Proxy::to(&server);
        let cache = Cache::builder()
            .redis_url(proxy.url())
            .namespace("trips")
            .op_timeout(Duration::from_secs(10))
            .connect_timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        // The server gets to know the script that stores: each server once, for all its clients.
        cache.set("first", &1, None).await.unwrap();
        assert!(cache.clear().await.unwrap().is_applied());
        Self {
            server,
            proxy,
            cache,
        }
    }

    /// The round trips and the commands of `work`, and of what it leaves to be done in the background.
    async fn cost<T>(&self, stores: u64, work: impl Future<Output = T>) -> Cost {
        let before = self.cache.stats().total.stores;
        self.server.cli(&["CONFIG", "RESETSTAT"]);
        let trips = self.proxy.trips();
        self.cache.scope(work).await;
        let answered = self.proxy.trips();
        stored(&self.cache, before + stores).await;
        // The reply has been read; what else was sent then would be late.
        let all = self.proxy.trips();
        Cost {
            before_the_answer: answered - trips,
            all: all - trips,
            commands: self.commands(),
        }
    }

    fn commands(&self) -> BTreeMap<String, u64> {
        let info = self.server.cli(&["INFO", "commandstats"]);
        let lines = info.lines().filter_map(|line| {
            let (name, counts) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let (calls, _) = counts.split_once(',')?;
            Some((name.to_owned(), calls.parse().unwrap()))
        });
        lines
            .filter(|(name, _)| !name.starts_with("config") && name != "info")
            .collect()
    }
}

#[derive(Debug)]
struct Cost {
    before_the_answer: u64,
    all: u64,
    commands: BTreeMap<String, u64>,
}

impl Cost {
    fn calls(&self, command: &str) -> u64 {
        self.commands.get(command).copied().unwrap_or(0)
    }

    fn assert_is(&self, before_the_answer: u64, all: u64) {
        assert_eq!(
            (self.before_the_answer, self.all),
            (before_the_answer, all),
            "{self:?}"
        );
    }

    /// One read, and nothing else at all.
    fn assert_is_one_read(&self) {
        self.assert_is(1, 1);
        assert_eq!(self.reads(), [("mget".to_owned(), 1)].into(), "{self:?}");
    }

    /// The commands, but for those that have markers watched which are read again: they go with the read.
    fn reads(&self) -> BTreeMap<String, u64> {
        let mut commands = self.commands.clone();
        if let Some(watches) = commands.remove("client|caching")
            && let Some(reads) = commands.get_mut("mget")
        {
            *reads -= watches;
        }
        commands
    }
}

#[cached(ttl = "1h", prefix = "a")]
async fn two_groups(id: u64) -> u64 {
    id
}

#[cached(ttl = "1h", prefix = "b:{id}")]
async fn three_groups(id: u64) -> u64 {
    id
}

#[cached(ttl = "1h", prefix = "c:{id}:x:y:{z}", tags = ["t:{id}", "u", "v:{z}"])]
async fn many_groups(id: u64, z: u64) -> u64 {
    id + z
}

#[invalidates("c:{id}:*")]
async fn one_target(id: u64) {}

#[invalidates(
    "c:{id}:*",
    "b",
    three_groups(id),
    two_groups(id),
    many_groups(..),
    tags = ["t:{id}", "u"]
)]
async fn many_targets(id: u64) {}

#[tokio::test]
async fn hit_is_one_command_with_any_number_of_groups() {
    let line = Line::open().await;
    for id in 0..5 {
        line.cost(3, async {
            two_groups(id).await;
            three_groups(id).await;
            many_groups(id, 1).await;
        })
        .await;
        line.cost(0, two_groups(id)).await.assert_is_one_read();
        line.cost(0, three_groups(id)).await.assert_is_one_read();
        line.cost(0, many_groups(id, 1)).await.assert_is_one_read();
        let peek = many_groups::peek(id, 1);
        line.cost(0, peek).await.assert_is_one_read();
    }
    let cache = &line.cache;
    cache.set("a:b:c", &1, None).await.unwrap();
    let get = async { cache.get::<i32>("a:b:c").await.unwrap().unwrap() };
    line.cost(0, get).await.assert_is_one_read();
    let exists = async { assert!(cache.exists("a:b:c").await.unwrap()) };
    line.cost(0, exists).await.assert_is_one_read();
    cache.set("a:b:d", &2, None).await.unwrap();
    let many = async {
        let values = cache.get_many::<i32>(["a:b:c", "a:b:d", "a:b:e"]).await;
        assert_eq!(values.unwrap(), [Some(1), Some(2), None]);
    };
    line.cost(0, many).await.assert_is_one_read();
}

#[tokio::test]
async fn miss_is_three_round_trips_two_of_them_before_the_answer() {
    let line = Line::open().await;
    // Nothing is there.
    line.cost(1, many_groups(1, 1)).await.assert_is(2, 3);
    // The markers of some groups are there.
    line.cost(1, many_groups(1, 2)).await.assert_is(2, 3);
    line.cost(1, two_groups(1)).await.assert_is(2, 3);
    // All markers are there, and no entry.
    line.cost(1, two_groups(2)).await.assert_is(2, 3);
    // After an invalidation of a group: the dead entry's id is what the store expects.
    line.cost(0, one_target(1)).await;
    line.cost(1, many_groups(1, 1)).await.assert_is(2, 3);
    // A dead entry, and all markers are there again: nothing to capture.
    let cost = line.cost(1, many_groups(1, 2)).await;
    cost.assert_is(1, 2);
}

/// After eight misses in a row a read captures what the next load will need.
#[tokio::test]
async fn miss_that_is_expected_is_two_round_trips_one_of_them_before_the_answer() {
    let line = Line::open().await;
    let other = Cache::builder()
        .redis_url(line.server.url())
        .namespace("trips")
        .build()
        .unwrap();
    for id in 0..8 {
        line.cost(1, three_groups(id)).await.assert_is(2, 3);
    }
    for id in 8..12 {
        let cost = line.cost(1, three_groups(id)).await;
        cost.assert_is(1, 2);
        assert_eq!(cost.calls("mget"), 0, "{cost:?}");
    }
    // Another function's misses say nothing of this one's.
    line.cost(1, two_groups(1)).await.assert_is(2, 3);
    // Who only wants to know writes nothing.
    let peek = async { assert_eq!(three_groups::peek(100).await, None) };
    line.cost(0, peek).await.assert_is_one_read();
    // Nor does who may not load.
    let observer = Observer::new().only_if_cached();
    let refused = async {
        tokio::select! {
            _ = observer.scope(three_groups(100)) => panic!("it was answered"),
            () = observer.refused() => {}
        }
    };
    let cost = line.cost(0, refused).await;
    assert_eq!((cost.all, cost.calls("set")), (1, 0), "{cost:?}");

    // What another process has stored is a hit, the entry of the answer too; and no miss is expected after it.
    other.scope(three_groups(100)).await;
    stored(&other, 1).await;
    let hit = line.cost(0, three_groups(100)).await;
    hit.assert_is(1, 1);
    assert_eq!(hit.calls("mget"), 0, "{hit:?}");
    line.cost(0, three_groups(100)).await.assert_is_one_read();
    line.cost(1, three_groups(101)).await.assert_is(2, 3);
    // An invalidation reaches what was captured so.
    let applied = async { assert!(line.cache.invalidate("b:11").await.unwrap().is_applied()) };
    line.cost(0, applied).await.assert_is(1, 1);
    line.cost(1, three_groups(11)).await.assert_is(2, 3);
}

#[cached(ttl = "1h", prefix = "f:{id}")]
async fn nothing(id: u64) -> Option<u64> {
    id.checked_sub(u64::MAX)
}

/// What is asked for again and again, and never kept: a capture would add nothing to what the first has left.
#[tokio::test]
async fn miss_that_lacks_nothing_is_one_read() {
    let line = Line::open().await;
    line.cost(0, nothing(1)).await.assert_is(2, 2);
    for _ in 0..12 {
        line.cost(0, nothing(1)).await.assert_is_one_read();
    }
}

#[cached(
    ttl = "1h",
    prefix = "d:{id}",
    stale_while_revalidate = "1h",
    stale_if_error = "2h"
)]
async fn windows(id: u64) -> Result<u64, std::fmt::Error> {
    Ok(id)
}

#[cached(ttl = "1h", prefix = "e:{id}", stale_if_error = "2h")]
async fn one_window(id: u64, #[cached(skip)] fails: bool) -> Result<u64, std::fmt::Error> {
    if fails { Err(std::fmt::Error) } else { Ok(id) }
}

impl Line {
    /// The only entry of this prefix is past its ttl.
    fn make_old(&self, prefix: &str, remaining: Duration) {
        let [entry] = &self.server.keys(&format!("trips:{prefix}:*"))[..] else {
            panic!("one entry");
        };
        let remaining = remaining.as_millis().to_string();
        assert_eq!(self.server.cli(&["PEXPIRE", entry, &remaining]), "1");
    }
}

#[tokio::test]
async fn age_is_asked_for_in_the_round_trip_of_the_read() {
    let line = Line::open().await;
    line.cost(1, windows(1)).await.assert_is(2, 3);
    let read: BTreeMap<String, u64> = [("mget".to_owned(), 1), ("pttl".to_owned(), 1)].into();
    let hit = line.cost(0, windows(1)).await;
    hit.assert_is(1, 1);
    assert_eq!(hit.reads(), read, "{hit:?}");

    // Past its ttl: the answer, then the store, with nothing to capture.
    line.make_old("d", Duration::from_secs(7_000));
    let stale = line.cost(1, windows(1)).await;
    stale.assert_is(1, 2);
    assert_eq!(stale.calls("set"), 1, "by the script: {stale:?}");
    line.cost(0, windows(1)).await.assert_is(1, 1);

    // In place of an error: the read.
    line.cost(1, one_window(1, false)).await.assert_is(2, 3);
    line.make_old("e", Duration::from_secs(7_000));
    let stale = line.cost(0, one_window(1, true)).await;
    stale.assert_is(1, 1);
    assert_eq!(stale.reads(), read, "{stale:?}");
    // And without one: the read and the store.
    line.cost(1, one_window(1, false)).await.assert_is(1, 2);
}

/// Whether the server still is a primary is asked in the round trip of a read, once a second.
#[tokio::test]
async fn role_is_asked_for_in_the_round_trip_of_a_read() {
    let line = Line::open().await;
    line.cost(1, two_groups(1)).await.assert_is(2, 3);
    let infos = || line.server.calls("info");
    let asks = infos();
    let own = infos() - asks;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1_010)).await;
        let began = Instant::now();
        line.cost(0, two_groups(1)).await.assert_is_one_read();
        let before = infos();
        line.cache.scope(two_groups(1)).await;
        // Unless the machine was busy for that long.
        if began.elapsed() < Duration::from_secs(1) {
            assert_eq!(infos() - before, own, "asked again within a second");
        }
    }
    tokio::time::sleep(Duration::from_millis(1_010)).await;
    let before = infos();
    line.cache.scope(two_groups(1)).await;
    assert_eq!(infos() - before, 2 + own, "of itself, and of its role");
}

#[tokio::test]
async fn replacing_is_two_round_trips() {
    let line = Line::open().await;
    let cache = &line.cache;
    line.cost(1, many_groups::refresh(1, 1))
        .await
        .assert_is(2, 2);
    line.cost(1, many_groups::refresh(1, 1))
        .await
        .assert_is(2, 2);
    let set = async || cache.set("a:b:c", &1, None).await.unwrap();
    line.cost(1, set()).await.assert_is(2, 2);
    line.cost(1, set()).await.assert_is(2, 2);
    let take = async { assert_eq!(cache.take::<u8>("a:b:c").await.unwrap(), Some(1)) };
    line.cost(0, take).await.assert_is(1, 1);
}

#[tokio::test]
async fn invalidation_is_one_round_trip_with_any_number_of_targets() {
    let line = Line::open().await;
    let cache = &line.cache;
    for id in 0..200 {
        line.cost(2, async {
            many_groups(id, 1).await;
            three_groups(id).await;
        })
        .await;
    }
    let cost = line.cost(0, one_target(1)).await;
    cost.assert_is(1, 1);
    assert_eq!(cost.commands, [("unlink".to_owned(), 1)].into());
    let cost = line.cost(0, many_targets(1)).await;
    cost.assert_is(1, 1);
    // Some are two: a function by either of its names, a call with its entry.
    assert!(cost.calls("unlink") <= 9, "{cost:?}");
    assert_eq!(cost.commands.len(), 1, "{cost:?}");
    // Of all 200, and of nothing at all.
    let clear = async { assert!(cache.clear().await.unwrap().is_applied()) };
    line.cost(0, clear).await.assert_is(1, 1);
    let nothing = async { assert!(cache.invalidate("nothing").await.unwrap().is_applied()) };
    line.cost(0, nothing).await.assert_is(1, 1);
    let companion = async { assert!(many_groups::invalidate(3, 1).await.unwrap().is_applied()) };
    line.cost(0, companion).await.assert_is(1, 1);
    let delete = async { assert!(!cache.delete("a:b:c").await.unwrap()) };
    line.cost(0, delete).await.assert_is(1, 1);
}

#[tokio::test]
async fn transaction_with_many_invalidations_is_one_round_trip() {
    let line = Line::open().await;
    let cache = &line.cache;
    let transaction = cache.after(async {
        for id in 0..20 {
            one_target(id).await;
            let _ = cache.invalidate("b").await;
        }
        Ok::<_, ()>(())
    });
    let cost = line.cost(0, async { transaction.await.unwrap() }).await;
    cost.assert_is(1, 1);
    assert_eq!(cost.commands.len(), 1, "{cost:?}");
    assert!(cost.calls("unlink") <= 21, "{cost:?}");
}
