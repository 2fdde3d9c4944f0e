//! A struct taken apart: the key is what the pattern binds, so a field left out does not count.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[derive(Clone, Copy)]
struct Range {
    from: u32,
    to: u32,
    step: u32,
}

#[cached(prefix = "span:{end}")]
async fn span(Range { from, to: end, .. }: Range) -> u32 {
    Runs::add();
    end - from
}

#[invalidates("span:{end}")]
async fn change(Range { to: end, .. }: Range) {}

fn range(from: u32, to: u32, step: u32) -> Range {
    Range { from, to, step }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| span(range(1, 5, 1))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| span(range(1, 5, 1)), || span(range(2, 5, 1))).await;
    check_miss(|| span(range(1, 5, 1)), || span(range(1, 6, 1))).await;
}

#[test]
fn what_is_not_bound_does_not_count() {
    assert_eq!(span::key(range(1, 5, 1)), span::key(range(1, 5, 2)));
    assert_eq!(range(1, 5, 2).step, 2);
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| span(range(1, 5, 1)), change(range(3, 5, 2))).await;
}
