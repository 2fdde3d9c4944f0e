//! A language tutor: feedback, hints and insights from a model that is paid by the call, so that every answer is
//! asked for once.
//!
//! ```text
//! cargo run -p examples --features services --bin tutor
//! curl -i localhost:3000/api/ai/hints/7
//! curl localhost:3000/api/health/ai
//! curl localhost:3000/api/ai/costs
//! ```
//!
//! Answers are kept in this process; with `REDIS_URL` set, in Redis, and in this process whenever Redis does not
//! answer. It fills the cache with hints for the most common exercises, prints
//!
//! ```text
//! listening on http://127.0.0.1:3000
//! ```
//!
//! and, at ctrl-c, what it has cost. `RUST_LOG=cached_core=trace` shows each hit, miss, store, invalidation and failed
//! read. Keys look like `tutor:ai:feedback:<digest>`.
//!
//! | route | good for |
//! |---|---|
//! | `POST /api/ai/feedback` with `{"exercise": 7, "answer": "…"}` | 1 h |
//! | `GET /api/ai/hints/{exercise}` | 30 min |
//! | `GET /api/ai/insights/{learner}` | 2 h |
//! | `PUT /api/exercises/{exercise}` with `{"text": "…"}` | forgets what was said about the exercise |
//! | `GET /api/ai/statistics`, `/api/ai/costs`, `/api/health/ai` | |
//!
//! | variable | default | |
//! |---|---|---|
//! | `FEEDBACK_TTL`, `HINT_TTL`, `INSIGHT_TTL` | `1h`, `30m`, `2h` | how long an answer is good for |
//! | `WARM_EXERCISES` | 20 | how many exercises have their hints from the start |

mod api;
mod lessons;
mod status;

use anyhow::Context;
use cached_core::Cache;
use examples::{Database, PaidModel, settings};

use crate::lessons::Lessons;

const WARM_AT_ONCE: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    examples::log()?;
    // Each answer is paid for: the first call that Redis fails keeps its own here.
    let cache = Cache::builder().namespace("tutor").failures_until_outage(1);
    let cache = cache.with_env()?.build()?;
    cache.install()?;
    let database = Database::open().await?;
    let lessons = Lessons {
        model: PaidModel::from_env()?,
        database: database.clone(),
    };

    let common = lessons
        .common(settings::or("WARM_EXERCISES", 20)?)
        .await
        .context("the exercises cannot be read")?;
    let hints = common
        .iter()
        .map(|exercise| lessons::hint(*exercise, &lessons));
    examples::warm_up("hints", WARM_AT_ONCE, hints).await;

    examples::serve(&cache, api::routes(&lessons)).await?;
    let bill = status::bill(&cache, &lessons);
    println!(
        "{} calls for ${:.3}, {} avoided: ${:.3} saved",
        bill.calls, bill.spent, bill.calls_avoided, bill.saved
    );
    database.close().await;
    Ok(())
}
