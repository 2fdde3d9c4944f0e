//! A generic function that returns a future.

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "size:{more}")]
fn size<T: Send + 'static, const N: usize>(
    more: impl Serialize + Send,
) -> impl Future<Output = usize> + Send {
    async move {
        Runs::add();
        size_of::<T>() * N + size_of_val(&more)
    }
}

#[invalidates("size:{more}")]
fn change<T: Serialize + Send>(more: T) -> impl Future<Output = T> + Send {
    async move { more }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| size::<u8, 1>(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| size::<u8, 1>(1), || size::<u8, 1>(2)).await;
    check_miss(|| size::<u8, 1>(1), || size::<i8, 1>(1)).await;
    check_miss(|| size::<u8, 1>(1), || size::<u8, 2>(1)).await;
    check_miss(|| size::<u8, 1>(1_u8), || size::<u8, 1>(1_i8)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| size::<u8, 1>(7), change(7)).await;
}
