//! Caches that are shut down, or turned off from the beginning.

use std::time::Duration;

use cached_core::{Cache, Invalidated, Outage, cached};
use tests::{CountingLoader, Proxy, RedisServer, Way, namespace};
use tokio::time::{sleep, timeout};

use super::{cache, call, squared, until_back, until_open};
use crate::load_generator::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cache_that_is_shut_down_looks_for_nothing() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = cache(&proxy.url(), Outage::Memory);
    until_back(&cache).await;
    proxy.set(Way::Refused);
    until_open(&cache).await;
    timeout(PATIENCE, cache.shutdown()).await.unwrap();
    // One that was about to look may do so.
    sleep(Duration::from_millis(500)).await;
    let tries = proxy.connections();
    for number in 0..100 {
        call(&cache, number).await;
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(proxy.connections(), tries);
}

#[cached(ttl = "50ms", prefix = "brief:{id}", stale_while_revalidate = "1h")]
async fn brief(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

/// Whoever loads then has his answer, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_that_outlasts_its_cache_stores_nothing_and_connects_to_nothing() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = cache(&proxy.url(), Outage::Memory);
    until_back(&cache).await;
    cache.scope(brief(1, CountingLoader::new())).await;
    let stale = timeout(PATIENCE, async {
        while cache.stats().total.stale == 0 {
            // Until it is past its ttl, nobody but the first runs the body.
            cache.scope(brief(1, CountingLoader::new())).await;
            sleep(Duration::from_millis(10)).await;
        }
    });
    stale.await.expect("it gets old");
    sleep(Duration::from_millis(100)).await;
    let [call, behind, by_key] = [(); 3].map(|()| CountingLoader::held());
    let loads = [
        tokio::spawn(cache.scope(squared(7, call.clone()))),
        tokio::spawn({
            let (cache, loader) = (cache.clone(), by_key.clone());
            let load = move || async move { Ok::<_, cached_core::Error>(loader.load(81).await) };
            async move { cache.get_or_load("nine", None, load).await.unwrap() }
        }),
    ];
    // Answered, and refreshed in the background.
    assert_eq!(cache.scope(brief(1, behind.clone())).await, 1);
    for loader in [&call, &behind, &by_key] {
        timeout(PATIENCE, loader.started(1)).await.unwrap();
    }
    timeout(PATIENCE, cache.shutdown()).await.unwrap();
    until("its connections are closed", || proxy.open() == 0).await;
    let (connections, trips) = (proxy.connections(), proxy.trips());
    let sets = server.calls("set");
    for loader in [&call, &behind, &by_key] {
        loader.release();
    }
    let mut values = Vec::new();
    for load in loads {
        values.push(timeout(PATIENCE, load).await.unwrap().unwrap());
    }
    assert_eq!(values, [49, 81]);
    // For what nobody waits for.
    sleep(Duration::from_millis(200)).await;
    assert_eq!((proxy.connections(), proxy.trips()), (connections, trips));
    assert_eq!(server.calls("set"), sets);
}

/// What it replaces is not there afterwards, and what it found is not stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_that_outlasts_its_cache_stores_nothing_and_removes_what_is_there() {
    let server = RedisServer::start();
    let name = namespace("outlasts");
    let [cache, other] = [(); 2].map(|()| {
        let builder = Cache::builder().redis_url(server.url()).namespace(&name);
        builder.op_timeout(PATIENCE).build().unwrap()
    });
    until_back(&cache).await;
    let loader = CountingLoader::held();
    let refresh = tokio::spawn(cache.scope(squared::refresh(0, loader.clone())));
    timeout(PATIENCE, loader.started(1)).await.unwrap();
    timeout(PATIENCE, cache.shutdown()).await.unwrap();
    let sets = server.calls("set");
    loader.release();
    let value = timeout(PATIENCE, refresh).await.unwrap();
    assert_eq!(value.unwrap(), 0);
    assert_eq!(other.scope(squared::peek(0)).await, None);
    assert_eq!(server.calls("set"), sets);
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let so = timeout(PATIENCE, async {
        while !is_so() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    so.await.expect(what);
}

fn off(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    builder.enabled(false).build().unwrap()
}

/// A tool that has its cache off still changes what others have cached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cache_that_is_off_sends_what_it_postponed() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let name = namespace("off");
    let off = off(&proxy.url(), &name);
    let on = Cache::builder().redis_url(server.url()).namespace(&name);
    let on = on.build().unwrap();
    for round in 0..2 {
        until_back(&on).await;
        if round == 0 {
            assert!(off.invalidate("other").await.unwrap().is_applied());
        }
        proxy.set(Way::Refused);
        // More than it takes to know that Redis is away.
        for number in 0..20 {
            let postponed = off.invalidate(format!("squared:{number}")).await;
            assert_eq!(postponed.unwrap(), Invalidated::Postponed);
            sleep(Duration::from_millis(12)).await;
        }
        assert!(on.scope(squared::peek(0)).await.is_some());
        proxy.set(Way::Open);
        let sent = timeout(PATIENCE, async {
            while on.scope(squared::peek(0)).await.is_some() {
                sleep(Duration::from_millis(5)).await;
            }
        });
        sent.await.expect("it is sent");
    }
    // Nothing of it was for itself.
    call(&off, 0).await;
    assert_eq!(off.scope(squared::peek(0)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cache_that_is_off_is_ready_when_redis_is_there() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let off = off(&proxy.url(), &namespace("off"));
    off.ready(PATIENCE).await.unwrap();
    proxy.set(Way::Refused);
    off.ready(Duration::from_millis(600)).await.unwrap_err();
    proxy.set(Way::Open);
    off.ready(PATIENCE).await.unwrap();
}
