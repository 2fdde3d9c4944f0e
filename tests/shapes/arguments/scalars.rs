//! Every other kind of number, characters and truths.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "of:{big}:{letter}:{truth}")]
async fn shown(big: u128, small: i8, letter: char, truth: bool) -> String {
    Runs::add();
    format!("{big}{small}{letter}{truth}")
}

#[invalidates("of:{big}:{letter}:{truth}")]
async fn change(big: u128, letter: char, truth: bool) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| shown(u128::MAX, i8::MIN, ':', true)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || shown(1 << 100, 0, 'x', true),
        || shown((1 << 100) + 1, 0, 'x', true),
    )
    .await;
    check_miss(|| shown(1, 0, 'x', true), || shown(1, -1, 'x', true)).await;
    check_miss(|| shown(1, 0, 'x', true), || shown(1, 0, 'y', true)).await;
    check_miss(|| shown(1, 0, 'x', true), || shown(1, 0, 'x', false)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| shown(1, 0, '*', true), change(1, '*', true)).await;
}
