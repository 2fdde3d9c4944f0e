//! Names that need `r#`: of the function, of parameters, in templates and in typed calls.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "raw:{r#type}")]
async fn r#match(r#type: u8, r#in: u8) -> u8 {
    Runs::add();
    r#type + r#in
}

#[invalidates("raw:{type}")]
async fn r#loop(r#type: u8) {}

#[invalidates(r#match(r#type, 2))]
async fn r#move(r#type: u8) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| r#match(1, 2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| r#match(1, 2), || r#match(2, 1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| r#match(1, 2), r#loop(1)).await;
    check_invalidates(|| r#match(1, 2), r#move(1)).await;
    check_keeps(|| r#match(1, 3), r#move(1)).await;
}
