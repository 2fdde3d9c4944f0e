//! A vocabulary service whose methods are cached, over a database that takes its time and a translator that is paid.
//!
//! ```text
//! REDIS_PASSWORD=secret docker compose -f examples/compose.yaml up --detach
//! export REDIS_URL=redis://:secret@127.0.0.1 ADMIN_TOKEN=only-on-this-machine
//! cargo run -p examples --features services --bin vocabulary
//! curl 'localhost:3000/words?level=B1&limit=3'
//! curl -X PUT localhost:3000/users/1/words/17
//! curl --json '{"texts": ["a river", "a bridge"], "source": "en", "target": "cs"}' localhost:3000/translations/batch
//! curl localhost:3000/health/cache
//! curl -X POST -H 'Authorization: Bearer only-on-this-machine' 'localhost:3000/admin/cache/clear?cache_type=translation'
//! ```
//!
//! Without `REDIS_URL` everything is kept in this process. It fills the cache with the first words of each level, and
//! prints
//!
//! ```text
//! listening on http://127.0.0.1:3000
//! ```
//!
//! | route | good for |
//! |---|---|
//! | `GET /words/{id}`, `GET /words?level=A1&limit=20&offset=0` | 1 h |
//! | `GET /translations?text=…&source=en&target=cs`, `POST /translations/batch` | 24 h |
//! | `GET /users/{user}/statistics`, `GET /users/{user}/progress` | 5 min |
//! | `PUT /users/{user}/words/{word}` | the user knows the word: forgets the two above, of this user |
//! | `GET /series/{series}/episodes` | 30 min |
//! | `GET /episodes/{episode}/subtitles` | 2 h |
//! | `POST /admin/cache/clear?cache_type=all`, or `vocabulary`, or `translation` | |
//! | `GET /health/cache` | |
//!
//! Its tests put it under load, beside the same service with the cache turned off:
//!
//! ```text
//! cargo test -p examples --features services --test services ten_times -- --nocapture
//! ```
//!
//! | variable | default | |
//! |---|---|---|
//! | `WARM_LEVELS` | `A1,A2,B1,B2` | levels whose words are there from the start |
//! | `WARM_WORDS` | 20 | how many of each: the page that most ask for; 0 for none |
//! | `ADMIN_TOKEN` | none: there is no `/admin` | what opens it |

mod admin;
mod api;
mod people;
mod translations;
mod videos;
mod words;

use anyhow::Context;
use cached_core::Cache;
use examples::{Database, Failure, PaidModel, settings};

use crate::words::Level;

/// The service. Its methods are cached, and none of its fields is ever part of a key.
#[derive(Clone, Debug)]
struct Vocabulary {
    database: Database,
    translator: PaidModel,
}

const WARM_AT_ONCE: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    examples::log()?;
    let cache = Cache::builder().namespace("learn").with_env()?.build()?;
    cache.install()?;
    let database = Database::open().await?;
    let vocabulary = Vocabulary {
        database: database.clone(),
        translator: PaidModel::from_env()?,
    };
    warm_up(&vocabulary).await?;

    let mut routes = api::routes(&vocabulary).merge(admin::health_routes());
    if let Some(token) = settings::text("ADMIN_TOKEN") {
        routes = routes.merge(admin::routes(&token).context("ADMIN_TOKEN cannot be used")?);
    }
    examples::serve(&cache, routes).await?;
    database.close().await;
    Ok(())
}

/// Loads the first page of each level, and each word on it.
async fn warm_up(vocabulary: &Vocabulary) -> anyhow::Result<()> {
    let levels = settings::or("WARM_LEVELS", "A1,A2,B1,B2".to_owned())?;
    let levels: Result<Vec<Level>, Failure> = levels.split(',').map(str::parse).collect();
    let most = settings::or("WARM_WORDS", api::USUAL_PAGE)?;
    for level in levels.context("WARM_LEVELS does not parse")? {
        if most == 0 {
            continue;
        }
        let page = vocabulary.words_of_level(level, most, 0).await?;
        let words = page.iter().map(|word| vocabulary.word(word.id));
        examples::warm_up(level.as_str(), WARM_AT_ONCE, words).await;
    }
    Ok(())
}
