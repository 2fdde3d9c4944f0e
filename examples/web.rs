//! A cached handler, and what clients see of it.
//!
//! ```text
//! cargo run -p examples --features web --bin web
//! ```
//!
//! It needs no other server and prints `listening on http://127.0.0.1:3000`. Then: a miss, a hit, a client that has the answer,
//! a write, what it made stale, and a client that would like to go past the cache, which nobody has allowed.
//!
//! ```console
//! $ curl -i localhost:3000/words/1
//! HTTP/1.1 200 OK
//! content-type: application/json
//! cache-status: cached;fwd=miss;stored
//! cache-control: private, max-age=60
//! etag: W/"baebbc375c5ca30870e87bb6bcac64a4"
//! content-length: 21
//! date: Sat, 21 Nov 2026 21:44:50 GMT
//!
//! {"id":1,"text":"pan"}
//! $ curl -i localhost:3000/words/1
//! HTTP/1.1 200 OK
//! content-type: application/json
//! cache-status: cached;hit;ttl=57
//! age: 2
//! cache-control: private, max-age=60
//! etag: W/"baebbc375c5ca30870e87bb6bcac64a4"
//! content-length: 21
//! date: Sat, 21 Nov 2026 21:44:52 GMT
//!
//! {"id":1,"text":"pan"}
//! $ curl -i -H 'If-None-Match: W/"baebbc375c5ca30870e87bb6bcac64a4"' localhost:3000/words/1
//! HTTP/1.1 304 Not Modified
//! etag: W/"baebbc375c5ca30870e87bb6bcac64a4"
//! cache-status: cached;hit;ttl=56
//! age: 3
//! cache-control: private, max-age=60
//! date: Sat, 21 Nov 2026 21:44:53 GMT
//!
//! $ curl -i -X PUT -d agua localhost:3000/words/1
//! HTTP/1.1 204 No Content
//! date: Sat, 21 Nov 2026 21:44:54 GMT
//!
//! $ curl -i localhost:3000/words/1
//! HTTP/1.1 200 OK
//! content-type: application/json
//! cache-status: cached;fwd=miss;stored
//! cache-control: private, max-age=60
//! etag: W/"712ffebea5641e4075dfaa4fa9f37ca5"
//! content-length: 22
//! date: Sat, 21 Nov 2026 21:44:55 GMT
//!
//! {"id":1,"text":"agua"}
//! $ curl -i -H 'Cache-Control: no-store' localhost:3000/words/1
//! HTTP/1.1 200 OK
//! content-type: application/json
//! cache-status: cached;hit;ttl=58
//! age: 1
//! cache-control: private, max-age=60
//! etag: W/"712ffebea5641e4075dfaa4fa9f37ca5"
//! content-length: 22
//! date: Sat, 21 Nov 2026 21:44:56 GMT
//!
//! {"id":1,"text":"agua"}
//! ```

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use cached_axum::{CacheLayer, cached, health, invalidates};
use cached_core::Cache;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::Mutex};

#[derive(Clone, Serialize, Deserialize)]
struct Word {
    id: usize,
    text: String,
}

// The key is the number alone; the value is the word, whatever it is wrapped in. A `404` is not stored.
#[cached(ttl = "1m", prefix = "word:{id}")]
async fn word(
    Path(id): Path<usize>,
    #[cached(skip)] State(words): State<Words>,
) -> Result<Json<Word>, StatusCode> {
    words.find(id).await.map(Json).ok_or(StatusCode::NOT_FOUND)
}

// Only if the status says that it succeeded.
#[invalidates("word:{id}")]
async fn rename(Path(id): Path<usize>, State(words): State<Words>, text: String) -> StatusCode {
    if words.rename(id, text).await {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cache = Cache::from_env()?; // Redis if REDIS_URL is set, else the memory of this process
    cache.install()?;

    let app = Router::new()
        .route("/words/{id}", get(word).put(rename))
        .with_state(Words::new())
        .nest("/health", health::router(cache.clone()))
        .layer(CacheLayer::new());

    let address = std::env::var("LISTEN").unwrap_or("127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await?;

    cache.shutdown().await; // waits for what is still being written
    Ok(())
}

/// Your database, which takes its time.
#[derive(Clone)]
struct Words(Arc<Mutex<Vec<String>>>);

impl Words {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(vec!["casa".into(), "pan".into()])))
    }

    async fn find(&self, id: usize) -> Option<Word> {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let text = self.0.lock().await.get(id)?.clone();
        Some(Word { id, text })
    }

    async fn rename(&self, id: usize, text: String) -> bool {
        let mut words = self.0.lock().await;
        words.get_mut(id).map(|word| *word = text).is_some()
    }
}
