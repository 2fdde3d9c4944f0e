//! Nothing that the caller calls by a usual name gets into the expansion's way.

#![forbid(non_camel_case_types, non_snake_case)]

use super::{Runs, check};

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

mod names {
    use cached_core::cached;

    use super::Runs;

    #[cached]
    pub(super) async fn key(key: u32) -> u32 {
        Runs::add() + key
    }

    #[cached]
    pub(super) async fn refresh(peek: u32) -> u32 {
        Runs::add() + peek
    }

    #[cached]
    pub(super) async fn r#type(n: u32) -> u32 {
        Runs::add() + n
    }
}

macro_rules! with_hygiene {
    ($name:ident, $outer:ident) => {
        #[cached_core::cached(key = ($outer, id))]
        async fn $name($outer: u32, id: u32) -> u32 {
            Runs::add();
            $outer * 10 + id
        }
    };
}

with_hygiene!(crossed, id);

#[tokio::test]
async fn equal_calls_hit() {
    check(|| shadowed::function(1, 2, 3)).await;
    check(async || shadowed::Service { id: 1 }.method(2).await).await;
    check(|| shadowed::again(1, "a", &2)).await;
    check(async || shadowed::Service { id: 1 }.again(2).await).await;
    check(|| names::key(1)).await;
    check(|| names::refresh(1)).await;
    check(|| names::r#type(1)).await;
    check(|| crossed(1, 2)).await;
    assert_eq!(names::key::key(1), names::key::key(1));
    assert!(
        names::r#type::key(1)
            .to_string()
            .starts_with("shapes:hygiene:names:type:")
    );
    assert_eq!(shadowed::function(1, 2, 3).await, Some(7));
    assert_eq!(shadowed::changes(1, 2, 3).await, Some(6));
    assert_eq!(shadowed::Service { id: 1 }.change(2).await, Ok(2));
}
