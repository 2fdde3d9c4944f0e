//! The `Result`s of libraries: `io::Result`, `anyhow::Result`, boxed errors.

use std::io;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached};

#[cached]
async fn of_io(n: u32) -> io::Result<u32> {
    Runs::add();
    if n == 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(n)
}

#[cached]
async fn of_anyhow(text: &str) -> anyhow::Result<u32> {
    Runs::add();
    Ok(text.parse()?)
}

#[cached]
async fn boxed(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Runs::add();
    Ok(text.parse()?)
}

#[invalidates(of_anyhow(text))]
async fn change(text: &str) -> anyhow::Result<()> {
    Ok(())
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || of_io(1).await.unwrap()).await;
    check(async || of_anyhow("1").await.unwrap()).await;
    check(async || boxed("1").await.unwrap()).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| of_io(1), || of_io(2)).await;
    check_miss(|| of_anyhow("1"), || of_anyhow("2")).await;
    check_uncached(|| of_io(0)).await;
    check_uncached(|| of_anyhow("")).await;
    check_uncached(|| boxed("")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let call = async || of_anyhow("1").await.unwrap();
    check_invalidates(call, change("1")).await.unwrap();
}
