//! Places where handlers are written: in an `impl`, generic, made by a macro, as futures.

use axum::{
    Json, Router,
    extract::{Path, State},
    routing,
};
use cached_axum::{cached, invalidates};
use tests::every_store;

use super::{Db, Service, User, get, put};

struct Users;

#[cached]
impl Users {
    #[cached(prefix = "place:{id}")]
    async fn find(Path(id): Path<u64>, #[cached(skip)] State(_db): State<Db>) -> Json<User> {
        Json(User { id })
    }

    #[invalidates("place:{id}")]
    async fn change(Path(id): Path<u64>) -> Json<User> {
        Json(User { id })
    }
}

trait Repo: Clone + Send + Sync + 'static {
    const NAME: &str;
}

#[derive(Clone)]
struct Cats;

#[derive(Clone)]
struct Dogs;

impl Repo for Cats {
    const NAME: &str = "cats";
}

impl Repo for Dogs {
    const NAME: &str = "dogs";
}

#[cached(prefix = "place:{id}")]
async fn generic<R: Repo>(Path(id): Path<u64>) -> String {
    format!("{} {id}", R::NAME)
}

#[cached(prefix = "place:{id}")]
fn of_a_future(Path(id): Path<u64>) -> impl Future<Output = String> + Send {
    async move { format!("future {id}") }
}

macro_rules! handlers {
    ($($name:ident)*) => {$(
        #[cached(prefix = "place:{id}")]
        async fn $name(Path(id): Path<u64>) -> String {
            format!("{} {id}", stringify!($name))
        }
    )*};
}

handlers! { first second }

#[tokio::test]
async fn each_is_a_handler_with_entries_of_its_own() {
    every_store("handler-places", async |cache| {
        let router = Router::new()
            .route("/users/{id}", routing::get(Users::find).put(Users::change))
            .route("/cats/{id}", routing::get(generic::<Cats>))
            .route("/dogs/{id}", routing::get(generic::<Dogs>))
            .route("/future/{id}", routing::get(of_a_future))
            .route("/first/{id}", routing::get(first))
            .route("/second/{id}", routing::get(second));
        let service = Service::new(&cache, router);
        let places = ["users", "cats", "dogs", "future", "first", "second"];
        for round in 0..2 {
            for place in places {
                let uri = format!("/{place}/1");
                let answer = service.loads_once(|| get(&uri)).await;
                if place != "users" {
                    assert_eq!(answer.body, format!("{place} 1"), "{round}");
                }
            }
            service.send(put("/users/1")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_handler_at_two_routes_has_its_entries_once() {
    every_store("handler-routes", async |cache| {
        let inner = Router::new().route("/{id}", routing::get(first));
        let router = Router::new().nest("/v1", inner.clone()).nest("/v2", inner);
        let service = Service::new(&cache, router);
        service.loads_once(|| get("/v1/1")).await;
        service.get("/v2/1").await;
        assert_eq!(service.loads(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_requests_at_once_load_once() {
    every_store("handler-crowd", async |cache| {
        let router = Router::new().route("/slow/{id}", routing::get(slow));
        let service = Service::new(&cache, router);
        let mut answers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let service = service.clone();
            answers.spawn(async move { service.get("/slow/1").await });
        }
        while let Some(answer) = answers.join_next().await {
            assert_eq!(answer.unwrap().body, "slow 1");
        }
        assert_eq!(service.loads(), 1);
    })
    .await;
}

#[cached(prefix = "place:{id}")]
async fn slow(Path(id): Path<u64>) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    format!("slow {id}")
}
