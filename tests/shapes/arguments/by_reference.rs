//! `ref` in a pattern.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "length:{name}")]
#[allow(clippy::toplevel_ref_arg)]
async fn length(ref name: String, (ref more, _): (String, u8)) -> usize {
    Runs::add();
    name.len() + more.len()
}

#[invalidates("length:{name}")]
#[allow(clippy::toplevel_ref_arg)]
async fn change(ref name: String) {}

fn text(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| length(text("a"), (text("b"), 1))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || length(text("a"), (text("b"), 1)),
        || length(text("b"), (text("b"), 1)),
    )
    .await;
    check_miss(
        || length(text("a"), (text("b"), 1)),
        || length(text("a"), (text("c"), 1)),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| length(text("a"), (text("b"), 1)), change(text("a"))).await;
    check_keeps(|| length(text("a"), (text("b"), 1)), change(text("b"))).await;
}
