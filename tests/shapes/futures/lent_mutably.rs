//! Futures that hold a `&mut` which the body was given, made by more than one `async` block.

use cached_core::{cached, invalidates};
use futures_util::future::BoxFuture;

use crate::{Runs, check, check_invalidates, check_miss};

struct Log(Vec<u64>);

impl Log {
    async fn append(&mut self, id: u64) -> usize {
        Runs::add();
        tokio::task::yield_now().await;
        self.0.push(id);
        std::future::ready(self.0.len()).await
    }

    #[cached(prefix = "appended:{id}", skip(self))]
    fn appended(&mut self, id: u64) -> BoxFuture<'_, usize> {
        let id = id + 1;
        Box::pin(self.append(id))
    }

    #[invalidates("appended:{id}")]
    fn remove(&mut self, id: u64) -> BoxFuture<'_, ()> {
        let left = self.0.iter_mut().filter(move |logged| **logged != id);
        Box::pin(async move { left.for_each(|logged| *logged += 1) })
    }
}

#[cached]
fn opaque(id: u64, #[cached(skip)] list: &mut Vec<u64>) -> impl Future<Output = usize> {
    list.push(id);
    let (first, others) = list.split_at_mut(1);
    async move {
        Runs::add();
        first.len() + others.len()
    }
}

#[invalidates("appended:{id}")]
fn change<'a>(log: &'a mut Log, id: u64) -> impl Future<Output = usize> + 'a {
    let id = id + 1;
    log.append(id)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || Log(Vec::new()).appended(1).await).await;
    check(async || opaque(1, &mut Vec::new()).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let appended = async |id| Log(Vec::new()).appended(id).await;
    check_miss(|| appended(1), || appended(2)).await;
    let opaque = async |id| opaque(id, &mut Vec::new()).await;
    check_miss(|| opaque(1), || opaque(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let appended = async || Log(Vec::new()).appended(1).await;
    let mut log = Log(vec![1]);
    check_invalidates(appended, log.remove(1)).await;
    assert_eq!(check_invalidates(appended, change(&mut log, 1)).await, 2);
}
