//! Through outages: the server dies, hangs, forgets, lies, and is out of reach for one of its clients.
//!
//! What was applied holds for every answer. What was postponed holds at once in its own process, and in all of them
//! within a second after they reach the server again. With [`Outage::Memory`], and while it lasts, answers of a
//! process may be as old as what it may keep.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use cached_core::{Cache, Counts, Outage};
use tests::{Proxy, RedisServer, Way, namespace};

use crate::history::Atomics;
use crate::rng::Rng;
use crate::subject::CachedCore;
use crate::world::{self, Member, World};
use crate::{assert_fresh, plan};

/// A trouble of the server, or with the way of one process to it.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Frozen,
    Killed,
    RestartedFromDump,
    ConnectionsClosed,
    Full,
    Demoted,
    Lost,
    Held,
    Cut,
    Refused,
    Slow,
    Flapping,
}

impl Trouble {
    const ALL: [Self; 12] = [
        Self::Frozen,
        Self::Lost,
        Self::RestartedFromDump,
        Self::Slow,
        Self::Killed,
        Self::Cut,
        Self::Demoted,
        Self::Flapping,
        Self::Full,
        Self::Held,
        Self::ConnectionsClosed,
        Self::Refused,
    ];
}

/// A server, another one that it can be made to follow, and a way to the first for each process.
struct Scene {
    server: RedisServer,
    other: RedisServer,
    ways: Vec<Proxy>,
}

impl Scene {
    fn new() -> Self {
        let server = RedisServer::start();
        Self {
            ways: [(); 3].map(|()| Proxy::to(&server)).into(),
            other: RedisServer::builder()
                .argument("--repl-diskless-sync-delay", "0")
                .start(),
            server,
        }
    }

    fn caches(&self, outage: Outage) -> Vec<Cache> {
        let name = namespace("consistency");
        let cache = |way: &Proxy| {
            Cache::builder()
                .redis_url(way.url())
                .namespace(&name)
                .op_timeout(Duration::from_millis(100))
                .outage(outage)
                .outage_ttl(Duration::from_millis(200))
                .build()
                .unwrap()
        };
        self.ways.iter().map(cache).collect()
    }

    /// Makes it happen, and end.
    fn suffer(&self, trouble: Trouble, rng: &mut Rng) {
        let Self { server, ways, .. } = self;
        let mut pause = |least| thread::sleep(Duration::from_millis(least + rng.below(400)));
        match trouble {
            Trouble::Frozen => {
                server.freeze();
                pause(200);
                server.thaw();
            }
            Trouble::Killed => {
                server.kill();
                pause(100);
                server.restart();
            }
            Trouble::RestartedFromDump => {
                let dump = server.dump();
                pause(100);
                server.restart_from(&dump);
            }
            Trouble::ConnectionsClosed => {
                for _ in 0..5 {
                    server.close_connections();
                    pause(0);
                }
            }
            Trouble::Full => {
                server.limit_memory("1");
                pause(200);
                server.limit_memory("0");
            }
            Trouble::Demoted => {
                server.follow(&self.other);
                pause(200);
                server.promote();
            }
            Trouble::Flapping => {
                for turn in 0..8 {
                    ways[0].set(if turn % 2 == 0 {
                        Way::Refused
                    } else {
                        Way::Open
                    });
                    thread::sleep(Duration::from_millis(100));
                }
            }
            Trouble::Lost | Trouble::Held | Trouble::Cut | Trouble::Refused | Trouble::Slow => {
                let late = Duration::from_millis(300);
                // Longer than anything is kept, so that it would be seen.
                let least = match trouble {
                    Trouble::Lost => 1_500,
                    Trouble::Refused => 3_000,
                    _ => 300,
                };
                ways[0].set(match trouble {
                    Trouble::Lost => Way::Lost,
                    Trouble::Held => Way::Held,
                    Trouble::Cut => Way::Cut(700),
                    Trouble::Refused => Way::Refused,
                    _ => Way::Slow {
                        commands: Duration::ZERO,
                        replies: late,
                    },
                });
                pause(least);
                ways[0].set(Way::Open);
            }
        }
    }
}

/// Waits until `cache` reaches its server again.
async fn reach(cache: &Cache) {
    const PATIENCE: Duration = Duration::from_secs(20);
    let began = Instant::now();
    loop {
        if let Ok(invalidated) = cache.invalidate("nothing:here").await
            && invalidated.is_applied()
        {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{:?}", cache.health().await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Runs one trouble after the other, while the members are busy.
async fn outages(
    scene: Arc<Scene>,
    caches: &[Cache],
    members: &[Member<CachedCore>],
    mut rng: Rng,
) {
    for trouble in Trouble::ALL {
        let (happens, mut fork) = (Arc::clone(&scene), rng.fork());
        let suffered = tokio::task::spawn_blocking(move || happens.suffer(trouble, &mut fork));
        suffered.await.unwrap();
        let over = Instant::now();
        let known: Vec<_> = members.iter().map(Member::knows).collect();
        for cache in caches {
            reach(cache).await;
        }
        println!("{trouble:?}: all are back after {:?}", over.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
        for (member, known) in members.iter().zip(&known) {
            member.tells(known);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn through_outages(outage: Outage, member: fn(&Cache) -> CachedCore) {
    let scene = Arc::new(Scene::new());
    let world = World::new(Atomics::new(), (0, 1));
    let caches = scene.caches(outage);
    let members: Vec<_> = caches
        .iter()
        .map(|cache| Member::new(&world, member(cache)))
        .collect();
    let mut plan = plan(u64::from(u32::MAX));
    // Calls without a server are fast: most of them would be in outages.
    plan.pause = Duration::from_millis(2);
    let troubles = async {
        outages(scene, &caches, &members, Rng::new(plan.seed)).await;
        world.stop();
    };
    tokio::join!(world::busy(&world, &members, plan), troubles);
    println!("{:?}", world.tally());
    for cache in &caches {
        println!("{:?}", cache.stats().total);
    }
    assert_fresh(&world);
    assert!(world.tally().postponed.load(Relaxed) > 0);
    let all = |of: fn(&Counts) -> u64| {
        caches
            .iter()
            .map(|cache| of(&cache.stats().total))
            .sum::<u64>()
    };
    assert!(all(|counts| counts.hits) > 1_000);
    assert!(all(|counts| counts.stores) > 1_000);
    assert!(all(|counts| counts.stale) > 100);
    assert!(all(|counts| counts.stores_rejected) > 0);
    assert!(all(|counts| counts.errors) > 0);
    world::rest(&members, plan).await;
    assert_fresh(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_sees_a_value_from_before_an_applied_invalidation_whatever_happens_to_the_server() {
    through_outages(Outage::Origin, CachedCore::on_flaky).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_kept_in_an_outage_is_no_older_than_it_may_be() {
    through_outages(Outage::Memory, CachedCore::on_flaky_and_keeping).await;
}
