//! A const parameter: its value is part of the key.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached]
async fn page<const SIZE: usize>(number: usize) -> [usize; 2] {
    Runs::add();
    [number * SIZE, SIZE]
}

#[cached]
async fn flags<const LETTER: char, const ON: bool>() -> String {
    Runs::add();
    format!("{LETTER}{ON}")
}

#[invalidates(page::<SIZE>(number))]
async fn change<const SIZE: usize>(number: usize) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| page::<10>(1)).await;
    check(flags::<'x', true>).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| page::<10>(1), || page::<10>(2)).await;
    check_miss(|| page::<10>(1), || page::<20>(1)).await;
    check_miss(flags::<'x', true>, flags::<'x', false>).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| page::<10>(1), change::<10>(1)).await;
    check_keeps(|| page::<10>(1), change::<20>(1)).await;
}
