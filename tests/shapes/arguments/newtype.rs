//! A newtype taken apart, as a web handler does it: the key is what the pattern binds.

use axum::extract::{Path, Query};
use cached_core::{cached, invalidates};
use serde::{Deserialize, Serialize};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

/// `Path` shows nothing to serde; what is in it does.
#[cached(prefix = "user:{id}")]
async fn user(Path(id): Path<u64>, Query(filter): Query<Filter>) -> String {
    Runs::add();
    format!("{id} {}", filter.language)
}

#[derive(Clone, Serialize, Deserialize)]
struct Filter {
    language: String,
}

#[invalidates("user:{id}")]
async fn change(Path(id): Path<u64>) {}

fn filter(language: &str) -> Query<Filter> {
    Query(Filter {
        language: language.to_owned(),
    })
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| user(Path(4), filter("de"))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || user(Path(4), filter("de")),
        || user(Path(5), filter("de")),
    )
    .await;
    check_miss(
        || user(Path(4), filter("de")),
        || user(Path(4), filter("en")),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| user(Path(4), filter("de")), change(Path(4))).await;
    check_keeps(|| user(Path(4), filter("de")), change(Path(5))).await;
}
