//! A function in a function, in a `const`, and a method in a function.

use cached_core::{Key, cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

const _: () = {
    #[cached]
    #[allow(dead_code)]
    async fn in_a_constant(n: u32) -> u32 {
        n
    }
};

fn here() -> Key {
    #[cached]
    async fn same(n: u32) -> u32 {
        Runs::add() + n
    }
    same::key(1)
}

fn there() -> Key {
    #[cached]
    async fn same(n: u32) -> u32 {
        Runs::add() + n
    }
    same::key(1)
}

#[tokio::test]
async fn equal_calls_hit() {
    #[cached]
    async fn local(n: u32) -> u32 {
        Runs::add() + n
    }
    struct Local;
    impl Local {
        #[cached(skip(self))]
        async fn method(&self, n: u32) -> u32 {
            Runs::add() + n
        }
    }
    check(|| local(1)).await;
    check(|| Local.method(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    #[cached]
    async fn local(n: u32) -> u32 {
        Runs::add() + n
    }
    check_miss(|| local(1), || local(2)).await;
    assert_ne!(here(), there());
}

#[tokio::test]
async fn writes_invalidate() {
    #[cached]
    async fn local(n: u32) -> u32 {
        Runs::add() + n
    }
    #[invalidates(local(n))]
    async fn change(n: u32) {}
    check_invalidates(|| local(1), change(1)).await;
}
