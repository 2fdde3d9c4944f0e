//! Types that only the signature settles: of the error behind `?`, of numbers, of what is collected.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached};

#[cached]
async fn zeros(count: usize) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    Runs::add();
    let mut list = Vec::new();
    for _ in 0..count {
        list.push(Default::default());
    }
    if list.len() > 10 {
        Err("too long")?;
    }
    if list.len() == 10 {
        return Err(Box::new(std::fmt::Error));
    }
    Ok(list)
}

#[cached]
async fn squares(until: u8) -> std::collections::BTreeSet<u16> {
    Runs::add();
    (0..until.into()).map(|n| n * n).collect()
}

#[invalidates(squares(until))]
async fn change(until: u8) -> Result<Vec<u16>, Box<dyn std::error::Error>> {
    "1".parse::<u8>()?;
    Ok((0..until.into()).collect())
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || zeros(3).await.unwrap()).await;
    check(|| squares(3)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| zeros(3), || zeros(4)).await;
    check_uncached(|| zeros(10)).await;
    check_uncached(|| zeros(11)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| squares(3), change(3)).await.unwrap();
}
