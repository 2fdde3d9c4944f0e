//! A conversation coach: profiles, settings, statistics of a day, words, and a paid model that listens and talks.
//!
//! ```text
//! cargo run -p examples --features services --bin coach
//! curl -i localhost:3000/users/1001/profile
//! curl -i -H 'Cache-Control: no-store' localhost:3000/users/1001/profile
//! ```
//!
//! The last one goes past the cache, this once. The service prints
//!
//! ```text
//! listening on http://127.0.0.1:3000
//! ```
//!
//! and works with Redis (`REDIS_URL`), without, and with `CACHE_ENABLED=false`; `/health` says which. Nothing in here
//! gets from a cache or sets in it: functions say how long they are good for, and those that write what they make stale.
//!
//! | route | cached as | for |
//! |---|---|---|
//! | `GET`, `PUT /users/{telegram_id}/profile` | `user:{telegram_id}:profile` | `REDIS_TTL_USER`, 1 h |
//! | `GET`, `PUT /users/{telegram_id}/settings` | `user:{telegram_id}:settings` | `REDIS_TTL_USER`, 1 h |
//! | `GET /users/{telegram_id}/history/{limit}` | `user:{telegram_id}:history:{limit}` | `REDIS_TTL_USER`, 1 h |
//! | `POST /users/{telegram_id}/messages` | `honzik:response:{digest}` | `REDIS_TTL_MODEL`, 24 h |
//! | `GET /stats/{user_id}/daily/{date}` | `stats:{user_id}:daily:{date}` | until midnight |
//! | `GET /stats/{user_id}/progress` | `stats:{user_id}:progress` | `REDIS_TTL_STATS`, 15 min |
//! | `GET /words/{user_id}/all`, `…/due` | `words:{user_id}:all`, `…:due` | `REDIS_TTL_DEFAULT`, 1 h |
//! | `POST /words/{user_id}/reviews` | | |
//! | `POST /transcripts` | `whisper:{digest}` | `REDIS_TTL_MODEL`, 24 h |
//! | `POST /speech` | `tts:{digest}:{voice}` | `REDIS_TTL_MODEL`, 24 h |
//! | `GET /health`, `GET /bill` | | |
//!
//! Bodies are JSON, and that of `/transcripts` any bytes:
//!
//! ```text
//! curl -X PUT --json '{"name": "Ada", "language": "cs", "level": "B1"}' localhost:3000/users/1001/profile
//! curl -X PUT --json '{"voice": "echo", "daily_goal": 20}' localhost:3000/users/1001/settings
//! curl --json '{"text": "Where is the river?"}' localhost:3000/users/1001/messages
//! curl --json '{"word": "come", "knew": true}' localhost:3000/words/1/reviews
//! curl --json '{"text": "Good morning.", "voice": "alloy"}' localhost:3000/speech
//! ```

mod model;
mod statistics;
mod users;
mod web;
mod words;

use cached_core::Cache;
use examples::{Database, PaidModel};
use sqlx::SqlitePool;

/// The state of the routes.
#[derive(Clone)]
struct Coach {
    database: Database,
    model: PaidModel,
}

impl Coach {
    fn db(&self) -> &SqlitePool {
        self.database.pool()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    examples::log()?;
    let cache = Cache::builder().namespace("coach").with_env()?.build()?;
    cache.install()?;
    let database = Database::open().await?;
    let coach = Coach {
        database: database.clone(),
        model: PaidModel::from_env()?,
    };
    examples::serve(&cache, web::routes().with_state(coach)).await?;
    database.close().await;
    Ok(())
}
