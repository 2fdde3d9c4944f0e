//! Other parts of a request: bodies, headers, methods, extensions.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{MatchedPath, State},
    http::{HeaderMap, Method, Uri},
    routing,
};
use cached_axum::cached;
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use tests::every_store;

use super::{Db, Service, get, json};

#[derive(Serialize, Deserialize)]
struct Question {
    text: String,
    to: Option<String>,
}

#[cached(ttl = "24h", prefix = "translation")]
async fn translate(Json(question): Json<Question>) -> Json<String> {
    let to = question.to.as_deref().unwrap_or("en");
    Json(format!("{} in {to}", question.text))
}

#[cached]
async fn shout(text: String) -> String {
    text.to_uppercase()
}

#[cached(key = &bytes[..])]
async fn length(bytes: Bytes) -> String {
    bytes.len().to_string()
}

#[tokio::test]
async fn a_body_counts_as_what_it_is_read_as() {
    every_store("handler-body", async |cache| {
        let router = Router::new()
            .route("/translate", routing::post(translate))
            .route("/shout", routing::post(shout))
            .route("/length", routing::post(length));
        let service = Service::new(&cache, router);
        let post = |uri, body| json(Method::POST, uri, body);
        for body in [
            r#"{"text":"Haus"}"#,
            r#"{"text":"Haus","to":"cs"}"#,
            r#"{"text":"","to":"cs"}"#,
        ] {
            service.loads_once(|| post("/translate", body)).await;
        }
        for uri in ["/shout", "/length"] {
            for body in ["", "a", "b", "a:b", "*"] {
                service.loads_once(|| post(uri, body)).await;
            }
        }
        let loads = service.loads();
        let same = post(
            "/translate",
            r#" { "to": "cs", "text": "H\u0061us", "more": 1 } "#,
        );
        assert_eq!(service.send(same).await.body, r#""Haus in cs""#);
        assert_eq!(service.loads(), loads);
        assert_eq!(service.send(post("/translate", "{")).await.status, 400);
        assert_eq!(service.loads(), loads);
    })
    .await;
}

#[cached(prefix = "greeting")]
async fn greeting(
    #[cached(skip)] headers: HeaderMap,
    #[cached(skip)] State(db): State<Db>,
) -> String {
    format!("{db:?} {}", headers.contains_key(header::USER_AGENT))
}

/// A handler whose key is made of one header of all.
#[cached(key = language(&headers))]
async fn localized(headers: HeaderMap) -> String {
    language(&headers).unwrap_or("en").to_owned()
}

fn language(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()
}

#[tokio::test]
async fn headers_count_where_the_key_names_them() {
    every_store("handler-headers", async |cache| {
        let router = Router::new()
            .route("/greeting", routing::get(greeting))
            .route("/localized", routing::get(localized));
        let service = Service::new(&cache, router);
        let with = |uri, name: header::HeaderName, value| {
            let mut request = get(uri);
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
            request
        };
        service.loads_once(|| get("/greeting")).await;
        let loads = service.loads();
        service
            .send(with("/greeting", header::USER_AGENT, "curl"))
            .await;
        assert_eq!(service.loads(), loads);
        for language in ["de", "cs"] {
            let localized = service
                .loads_once(|| with("/localized", header::ACCEPT_LANGUAGE, language))
                .await;
            assert_eq!(localized.body, language);
        }
        service.loads_once(|| get("/localized")).await;
    })
    .await;
}

/// A handle in an extension, and somebody who is known by then.
#[derive(Clone)]
struct Mailer;

#[derive(Clone, Serialize)]
struct Login {
    user: u64,
}

#[cached(prefix = "inbox:{login.user}")]
async fn inbox(
    #[cached(skip)] Extension(_mailer): Extension<Mailer>,
    Extension(login): Extension<Login>,
) -> String {
    format!("inbox of {}", login.user)
}

#[tokio::test]
async fn an_extension_counts_unless_it_is_skipped() {
    every_store("handler-extension", async |cache| {
        let router = Router::new().route("/inbox", routing::get(inbox));
        let service = Service::new(&cache, router.layer(Extension(Mailer)));
        for user in [1, 2] {
            let inbox = service.loads_once(|| {
                let mut request = get("/inbox");
                request.extensions_mut().insert(Login { user });
                request
            });
            assert_eq!(inbox.await.body, format!("inbox of {user}"));
        }
        // An extension that is not there is axum's answer.
        let misses = cache.stats().total.misses;
        assert_eq!(service.get("/inbox").await.status, 500);
        assert_eq!(cache.stats().total.misses, misses);
    })
    .await;
}

#[cached(key = (method.as_str(), uri.path(), path.as_str()))]
async fn line(method: Method, uri: Uri, path: MatchedPath) -> String {
    format!("{method} {} {}", uri.path(), path.as_str())
}

#[tokio::test]
async fn method_and_path_count_where_the_key_names_them() {
    every_store("handler-line", async |cache| {
        let router = Router::new()
            .route("/a/{any}", routing::any(line))
            .route("/b", routing::any(line));
        let service = Service::new(&cache, router);
        for uri in ["/a/1", "/a/2", "/b"] {
            for method in [Method::GET, Method::POST] {
                let answer = service.loads_once(|| json(method.clone(), uri, "")).await;
                assert!(answer.body.starts_with(&format!("{method} {uri}")));
            }
        }
        let loads = service.loads();
        service.get("/a/1?query").await;
        assert_eq!(service.loads(), loads);
    })
    .await;
}

#[tokio::test]
async fn head_is_answered_from_what_get_stored() {
    every_store("handler-head", async |cache| {
        let router = Router::new().route("/greeting", routing::get(greeting));
        let service = Service::new(&cache, router);
        let whole = service.loads_once(|| get("/greeting")).await;
        let loads = service.loads();
        let head = service.send(json(Method::HEAD, "/greeting", "")).await;
        assert_eq!((head.status, &*head.body), (whole.status, ""));
        assert_eq!(
            head.headers[header::CONTENT_TYPE],
            whole.headers[header::CONTENT_TYPE]
        );
        assert_eq!(service.loads(), loads);
    })
    .await;
}
