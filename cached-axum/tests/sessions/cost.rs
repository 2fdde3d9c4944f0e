//! Costs of a session, in round trips to Redis.

use std::time::Duration;

use cached_axum::sessions::CacheStore;
use cached_core::Cache;
use serde_json::json;
use tests::{Proxy, RedisServer};
use tower_sessions::SessionStore;

use crate::{created, record};

#[tokio::test]
async fn a_load_takes_one_round_trip_a_change_two_and_a_new_session_three() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = Cache::builder()
        .redis_url(proxy.url())
        .namespace("cost")
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let store = CacheStore::new(cache);
    // The server gets to know the script that stores.
    let mut session = created(&store, "first").await;
    let before = proxy.trips();
    let trips = || proxy.trips() - before;

    store.load(&session.id).await.unwrap();
    assert_eq!(trips(), 1);
    session.data.insert("more".to_owned(), json!(1));
    store.save(&session).await.unwrap();
    assert_eq!(trips(), 3);
    store.delete(&session.id).await.unwrap();
    assert_eq!(trips(), 5);
    store.create(&mut record(&json!("second"))).await.unwrap();
    assert_eq!(trips(), 8);
    store
        .delete(&record(&json!("never issued")).id)
        .await
        .unwrap();
    assert_eq!(trips(), 9);
}
