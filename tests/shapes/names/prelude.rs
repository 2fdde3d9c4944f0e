//! No prelude, and other things under the names of the prelude, of std, of crates, of macros and of methods.

use crate::{Runs, check, check_invalidates, check_miss};

mod shadowed {
    #![no_implicit_prelude]
    #![allow(dead_code, unused_macros, reason = "names to stumble over")]

    use ::cached_core::{cached, invalidates};

    use super::Runs;

    mod core {}
    mod std {}
    mod serde {}
    mod tokio {}
    mod cached_core {}
    struct Option;
    struct Result;
    struct String;
    struct Duration;
    struct Key;
    struct Codec;
    struct Function;
    struct Argument;
    struct Found;
    struct FoundStale;
    struct Again;
    struct Kept;
    struct Box;
    struct Ended;
    struct Invalidation;
    struct Prepared;
    struct Some;
    struct Ok;
    struct None;
    enum Hit {}
    trait PlainArgument {
        fn push(&self) {}
        fn codec(self) -> Self
        where
            Self: ::core::marker::Sized,
        {
            self
        }
        fn clone(&self) {}
        fn lent(&self) {}
        fn answer(&self) {}
        fn result(self) -> Self
        where
            Self: ::core::marker::Sized,
        {
            self
        }
    }
    impl<T> PlainArgument for T {}

    macro_rules! concat {
        () => {};
    }
    macro_rules! module_path {
        () => {};
    }
    macro_rules! assert {
        () => {};
    }
    macro_rules! unreachable {
        () => {};
    }

    const __KEY: u32 = 1;

    #[cached(ttl = "5m", prefix = "shadow:{key}", cache_if = |_| true, cache_none = 5)]
    pub(super) async fn function(
        key: u32,
        __key: u32,
        __codec: u32,
    ) -> ::core::option::Option<u32> {
        Runs::add();
        let __load = key;
        let __found = __load + __key;
        ::core::option::Option::Some(__found + __codec + __KEY)
    }

    #[cached(stale_while_revalidate = "1h")]
    pub(super) async fn again(again: u32, __stale: &str, __self: &u32) -> usize {
        Runs::add();
        let __again = __stale.len();
        __again + again as usize + *__self as usize
    }

    #[invalidates("shadow:{key}:{ret}", "shadow:{__key}", tags = ["a"], function(key, __key, __prepared), function(..), on = ::core::option::Option::is_some)]
    pub(super) async fn changes(
        key: u32,
        __key: u32,
        __prepared: u32,
    ) -> ::core::option::Option<u32> {
        let __returned = key;
        let __ret = __returned + __key;
        ::core::option::Option::Some(__ret + __prepared)
    }

    #[derive(::core::clone::Clone)]
    pub(super) struct Service {
        pub(super) id: u32,
    }

    impl Service {
        #[invalidates("shadow:{self.id}", self.method(cache))]
        pub(super) async fn change(&self, cache: u32) -> ::core::result::Result<u32, ()> {
            ::core::result::Result::Ok(cache)
        }

        #[cached(prefix = "shadow:{self.id}", stale_while_revalidate = "1h")]
        pub(super) async fn again(&self, __self: u32) -> ::core::result::Result<u32, ()> {
            Runs::add();
            ::core::result::Result::Ok(self.id + __self)
        }

        #[cached(prefix = "shadow:{self.id}")]
        pub(super) async fn method(&self, cache: u32) -> ::core::result::Result<u32, ()> {
            Runs::add();
            ::core::result::Result::Ok(self.id + cache)
        }
    }
}

use shadowed::{Service, again, changes, function};

#[tokio::test]
async fn equal_calls_hit() {
    check(|| function(1, 2, 3)).await;
    check(|| again(1, "a", &2)).await;
    check(async || Service { id: 1 }.method(2).await).await;
    check(async || Service { id: 1 }.again(2).await).await;
    assert_eq!(function(1, 2, 3).await, Some(7));
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| function(1, 2, 3), || function(1, 3, 2)).await;
    check_miss(
        async || Service { id: 1 }.method(2).await,
        async || Service { id: 2 }.method(1).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let returned = check_invalidates(|| function(1, 2, 3), changes(1, 2, 3)).await;
    assert_eq!(returned, Some(6));
    let service = Service { id: 1 };
    check_invalidates(|| service.method(2), service.change(2))
        .await
        .unwrap();
}
