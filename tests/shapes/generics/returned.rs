//! A return type that the caller chooses.

use cached_core::cached;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Runs, check, check_miss};

#[cached]
async fn parsed<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static>(
    text: &str,
    default: T,
) -> Option<T> {
    Runs::add();
    (!text.is_empty()).then_some(default)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| parsed("a", 1)).await;
    // A type parameter is a value as it is, even where the caller's type is an `Option`.
    check(|| parsed("a", Some(1))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| parsed("a", 1), || parsed("a", 2)).await;
    check_miss(|| parsed("a", 1_u8), || parsed("a", 1_u16)).await;
}
