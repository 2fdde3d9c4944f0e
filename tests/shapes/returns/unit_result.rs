//! `Result<(), E>`: that it went well is stored.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached};

#[cached]
async fn check_number(n: u32) -> Result<(), String> {
    Runs::add();
    if n > 0 {
        Ok(())
    } else {
        Err("zero".to_owned())
    }
}

#[invalidates(check_number(n))]
async fn change(n: u32) -> Result<(), String> {
    Ok(())
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| check_number(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| check_number(1), || check_number(2)).await;
    check_uncached(|| check_number(0)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| check_number(1), change(1))
        .await
        .unwrap();
}
