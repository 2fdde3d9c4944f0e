//! Structs, enums and what is made of them.

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[derive(Clone, Serialize)]
enum Filter {
    All,
    Of(u8),
    Between { from: Option<f64>, to: Option<f64> },
}

#[cached(prefix = "counted:{filter}")]
async fn counted(filter: Filter, more: &[Vec<(u8, Filter)>]) -> usize {
    Runs::add();
    let of = match filter {
        Filter::All => 0,
        Filter::Of(n) => n.into(),
        Filter::Between { from, to } => usize::from(from.is_some()) + usize::from(to.is_some()),
    };
    of + more.len()
}

#[invalidates("counted:{filter}", counted(filter, &[]))]
async fn change(filter: Filter) -> Filter {
    filter
}

fn between(from: Option<f64>, to: Option<f64>) -> Filter {
    Filter::Between { from, to }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || counted(Filter::All, &[vec![(1, Filter::Of(2))]]).await).await;
    check(|| counted(between(Some(1.0), None), &[])).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| counted(Filter::All, &[]), || counted(Filter::Of(0), &[])).await;
    check_miss(
        || counted(Filter::All, &[]),
        async || counted(Filter::All, &[vec![]]).await,
    )
    .await;
    let (one, other) = (between(Some(1.0), None), between(None, Some(1.0)));
    check_miss(|| counted(one.clone(), &[]), || counted(other.clone(), &[])).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| counted(Filter::Of(1), &[]), change(Filter::Of(1))).await;
    check_keeps(|| counted(Filter::Of(1), &[]), change(Filter::Of(2))).await;
    check_invalidates(
        async || counted(Filter::All, &[vec![]]).await,
        change(Filter::All),
    )
    .await;
}
