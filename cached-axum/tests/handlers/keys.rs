//! Keys of handlers: what the patterns of their extractors bind.

use std::collections::{BTreeMap, HashMap};

use axum::{
    Router,
    extract::{Path, Query, RawQuery},
    routing,
};
use cached_axum::cached;
use serde::{Deserialize, Serialize};
use tests::every_store;

use super::{Service, get};

async fn differ(service: &Service, uris: &[&str]) {
    for uri in uris {
        service.loads_once(|| get(uri)).await;
    }
}

#[cached(prefix = "path:{id}")]
async fn one(Path(id): Path<u64>) -> String {
    format!("one {id}")
}

#[cached(prefix = "path:{series}:{episode}")]
async fn two(Path((series, episode)): Path<(String, u64)>) -> String {
    format!("{series} {episode}")
}

#[derive(Deserialize)]
struct Place {
    series: String,
    episode: u64,
}

#[cached(prefix = "path:{series}:{episode}")]
async fn fields(Path(Place { series, episode }): Path<Place>) -> String {
    format!("{series} {episode}")
}

#[derive(Serialize, Deserialize)]
struct Whole {
    series: String,
    episode: u64,
}

#[cached(prefix = "path:{place.series}")]
async fn field(Path(place): Path<Whole>) -> String {
    format!("{} {}", place.series, place.episode)
}

#[cached]
async fn map(Path(parts): Path<BTreeMap<String, String>>) -> String {
    format!("{parts:?}")
}

/// A pattern cannot take an `Option` apart, so the key says what to go by.
#[cached(key = id.as_deref())]
async fn perhaps(id: Option<Path<u64>>) -> String {
    format!("{:?}", id.as_deref())
}

#[tokio::test]
async fn of_a_path() {
    every_store("handler-path", async |cache| {
        let router = Router::new()
            .route("/one/{id}", routing::get(one))
            .route("/two/{series}/{episode}", routing::get(two))
            .route("/fields/{series}/{episode}", routing::get(fields))
            .route("/field/{series}/{episode}", routing::get(field))
            .route("/map/{series}/{episode}", routing::get(map))
            .route("/perhaps", routing::get(perhaps))
            .route("/perhaps/{id}", routing::get(perhaps));
        let service = Service::new(&cache, router);
        differ(&service, &["/one/1", "/one/2"]).await;
        differ(&service, &["/perhaps", "/perhaps/0", "/perhaps/1"]).await;
        for handler in ["two", "fields", "field", "map"] {
            let uris = ["a/1", "a/2", "b/1", "a%2F1/1", "a:1/1", "*/1", "%00/1"];
            let uris = uris.map(|uri| format!("/{handler}/{uri}"));
            differ(&service, &uris.each_ref().map(String::as_str)).await;
        }
    })
    .await;
}

#[derive(Deserialize, Serialize)]
struct Filter {
    level: Option<String>,
    #[serde(default)]
    offset: u64,
}

#[cached(prefix = "words:{filter.level}")]
async fn filtered(Query(filter): Query<Filter>) -> String {
    format!("{:?} {}", filter.level, filter.offset)
}

#[cached]
async fn any(Query(all): Query<HashMap<String, String>>) -> String {
    format!("{}", all.len())
}

#[cached]
async fn raw(RawQuery(query): RawQuery) -> String {
    format!("{query:?}")
}

#[tokio::test]
async fn of_a_query() {
    every_store("handler-query", async |cache| {
        let router = Router::new()
            .route("/filtered", routing::get(filtered))
            .route("/any", routing::get(any))
            .route("/raw", routing::get(raw));
        let service = Service::new(&cache, router);
        let uris = [
            "/filtered",
            "/filtered?level=",
            "/filtered?level=A1",
            "/filtered?level=A1&offset=1",
        ];
        differ(&service, &uris).await;
        differ(
            &service,
            &["/any", "/any?a=1&b=2", "/any?a=2&b=1", "/any?a=1%26b%3D2"],
        )
        .await;
        differ(&service, &["/raw", "/raw?", "/raw?a=1&b=2", "/raw?b=2&a=1"]).await;

        // What is spelled otherwise and means the same is one call.
        let loads = service.loads();
        for uri in [
            "/filtered?offset=0",
            "/filtered?offset=1&level=A1",
            "/filtered?level=A1&more=1",
            "/any?b=2&a=1",
        ] {
            assert_eq!(service.get(uri).await.status, 200);
        }
        assert_eq!(service.loads(), loads);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_extracted_never_asks_the_cache() {
    every_store("handler-rejected", async |cache| {
        let router = Router::new().route("/one/{id}", routing::get(one));
        let service = Service::new(&cache, router);
        for _ in 0..2 {
            let answer = service.get("/one/first").await;
            assert_eq!(answer.status, 400);
        }
        assert_eq!(cache.stats().total.misses, 0);
    })
    .await;
}
