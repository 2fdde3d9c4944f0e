//! `Cow<'static, str>`: a hit owns it.

use std::borrow::Cow;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached};

#[cached]
async fn shown(name: &str) -> Result<Cow<'static, str>, &'static str> {
    Runs::add();
    match name {
        "" => Err("empty"),
        "root" => Ok(Cow::Borrowed("root")),
        _ => Ok(Cow::Owned(name.to_owned())),
    }
}

#[invalidates(shown(name))]
async fn change(name: &str) -> Cow<'static, str> {
    Cow::Borrowed("changed")
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| shown("root")).await;
    check(|| shown("ada")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| shown("root"), || shown("ada")).await;
    check_uncached(|| shown("")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| shown("ada"), change("ada")).await;
}
