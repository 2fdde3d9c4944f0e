fn double(n: u64) -> impl Future<Output = u64> + Send {
    use ::cached_core::__private::by_type::*;
    let mut __key = ::cached_core::Key::of(double::__cached());
    ::cached_core::__private::Argument(&n).__push(&mut __key);
    async move {
        let __codec = ::cached_core::__private::codec!(u64);
        let __load = ::cached_core::__private::load!(__codec, __key);
        __load
            .run(async move {
                if false {
                    return ::cached_core::__private::never::<u64>();
                }
                n * 2
            })
            .await
    }
}
#[doc(hidden)]
struct double {}
impl double {
    pub fn __cached() -> &'static ::cached_core::__private::Function {
        ::cached_core::__private::function!(
            "double".ttl(::core::time::Duration::from_secs(300u64))
        )
    }
    pub fn key(n: u64) -> ::cached_core::Key {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached());
        ::cached_core::__private::Argument(&n).__push(&mut __key);
        __key
    }
    pub fn peek(
        n: u64,
    ) -> impl ::core::future::Future<Output = ::core::option::Option<u64>> {
        use ::cached_core::__private::by_type::*;
        ::cached_core::__private::codec!(u64).peek(Self::key(n))
    }
    pub fn invalidate(n: u64) -> ::cached_core::__private::Invalidating {
        ::cached_core::__private::invalidated(Self::key(n))
    }
    pub fn refresh(n: u64) -> impl ::core::future::Future<Output = u64> {
        ::cached_core::__private::refresh(Self::__cached(), double(n))
    }
    pub fn uncached(n: u64) -> impl ::core::future::Future<Output = u64> {
        ::cached_core::__private::uncached(Self::__cached(), double(n))
    }
}
