//! Thirteen arguments, all of which count.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached]
#[allow(clippy::too_many_arguments)]
async fn sum(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
) -> u8 {
    Runs::add();
    a + b + c + d + e + f + g + h + i + j + k + l + m
}

#[invalidates(sum(a, b, c, d, e, f, g, h, i, j, k, l, m))]
#[expect(clippy::too_many_arguments)]
async fn change(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
) {
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
        || sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 12),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let call = || sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    check_invalidates(call, change(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)).await;
    check_keeps(call, change(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14)).await;
}
