//! The routes: they know HTTP, and nothing of a cache. Where an answer came from, a layer tells the client.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use cached_axum::CacheLayer;
use serde::Deserialize;

use crate::people::{Progress, Statistics};
use crate::translations::Translation;
use crate::videos::Episode;
use crate::words::{Level, Listed, Word};
use crate::{Failure, Vocabulary};

type Answer<T> = Result<Json<T>, Failure>;
type Service = State<Vocabulary>;

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Page {
    level: Level,
    #[serde(default = "usual_page")]
    limit: u32,
    #[serde(default)]
    offset: u32,
}

fn usual_page() -> u32 {
    USUAL_PAGE
}

/// A text to translate.
#[derive(Debug, Deserialize)]
struct One {
    text: String,
    source: String,
    target: String,
}

/// Texts to translate, all at once.
#[derive(Debug, Deserialize)]
struct Many {
    texts: Vec<String>,
    source: String,
    target: String,
}

/// The number of words on a page, unless the client asks for another.
pub(crate) const USUAL_PAGE: u32 = 20;
const LONGEST_PAGE: u32 = 100;
const LARGEST_BATCH: usize = 50;

pub(crate) fn routes(vocabulary: &Vocabulary) -> Router {
    Router::new()
        .route("/words", get(words))
        .route("/words/{id}", get(word))
        .route("/translations", get(translation))
        .route("/translations/batch", post(translations))
        .route("/users/{user}/statistics", get(statistics))
        .route("/users/{user}/progress", get(progress))
        .route("/users/{user}/words/{word}", put(mark_known))
        .route("/series/{series}/episodes", get(episodes))
        .route("/episodes/{episode}/subtitles", get(subtitles))
        .layer(CacheLayer::new())
        .with_state(vocabulary.clone())
}

async fn word(Path(id): Path<i64>, State(service): Service) -> Answer<Word> {
    service.word(id).await.map(Json)
}

async fn words(Query(page): Query<Page>, State(service): Service) -> Answer<Vec<Listed>> {
    if page.limit > LONGEST_PAGE {
        return Err(Failure::refused("a page has at most 100 words"));
    }
    let words = service.words_of_level(page.level, page.limit, page.offset);
    words.await.map(Json)
}

async fn translation(
    Query(One {
        text,
        source,
        target,
    }): Query<One>,
    State(service): Service,
) -> Answer<Translation> {
    service.translation(&text, &source, &target).await.map(Json)
}

async fn translations(
    State(service): Service,
    Json(Many {
        texts,
        source,
        target,
    }): Json<Many>,
) -> Answer<Vec<Translation>> {
    if texts.len() > LARGEST_BATCH {
        return Err(Failure::refused("a batch has at most 50 texts"));
    }
    service
        .translations(&texts, &source, &target)
        .await
        .map(Json)
}

async fn statistics(Path(user): Path<i64>, State(service): Service) -> Answer<Statistics> {
    service.statistics(user).await.map(Json)
}

async fn progress(Path(user): Path<i64>, State(service): Service) -> Answer<Vec<Progress>> {
    service.progress(user).await.map(Json)
}

async fn mark_known(
    Path((user, word)): Path<(i64, i64)>,
    State(service): Service,
) -> Result<StatusCode, Failure> {
    service.mark_known(user, word).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn episodes(Path(series): Path<i64>, State(service): Service) -> Answer<Vec<Episode>> {
    service.episodes(series).await.map(Json)
}

async fn subtitles(Path(episode): Path<i64>, State(service): Service) -> Answer<Vec<String>> {
    service.subtitles(episode).await.map(Json)
}
