//! Its type says that it is a future, and not that it is a box: the attribute can return no other one.

use std::pin::Pin;
use std::task::{Context, Poll};

use cached_core::cached;

struct LoadFuture(u64);

impl Future for LoadFuture {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u64> {
        Poll::Ready(self.0)
    }
}

#[cached]
fn load(id: u64) -> LoadFuture {
    LoadFuture(id)
}

fn main() {
    drop(load(1));
}
