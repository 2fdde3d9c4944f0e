impl Users {
    const PAGE: u64 = 10;
    #[cached(__done)]
    pub async fn page(id: u64) -> Vec<User> {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached_page());
        ::cached_core::__private::Argument(&(id / Self::PAGE)).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        let __codec = ::cached_core::__private::codec!(Vec < User >);
        let __load = ::cached_core::__private::load!(__codec, __key);
        __load
            .run(async move {
                if false {
                    return ::cached_core::__private::never::<Vec<User>>();
                }
                load(id).await
            })
            .await
    }
    #[doc(hidden)]
    pub fn __cached_page() -> &'static ::cached_core::__private::Function {
        ::cached_core::__private::function!("page")
    }
    #[doc(hidden)]
    pub fn page_key(id: u64) -> ::cached_core::Key {
        use ::cached_core::__private::by_type::*;
        let _ = &id;
        let mut __key = ::cached_core::Key::of(Self::__cached_page());
        ::cached_core::__private::Argument(&(id / Self::PAGE)).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        __key
    }
    #[doc(hidden)]
    pub async fn page_peek(id: u64) -> ::core::option::Option<Vec<User>> {
        use ::cached_core::__private::by_type::*;
        let _ = &id;
        ::cached_core::__private::codec!(Vec < User >).peek(Self::page_key(id)).await
    }
    #[doc(hidden)]
    pub fn page_invalidate(id: u64) -> ::cached_core::__private::Invalidating {
        let _ = &id;
        ::cached_core::__private::invalidated(Self::page_key(id))
    }
    #[doc(hidden)]
    pub async fn page_refresh(id: u64) -> Vec<User> {
        ::cached_core::__private::refresh(Self::__cached_page(), Self::page(id)).await
    }
    #[doc(hidden)]
    pub async fn page_uncached(id: u64) -> Vec<User> {
        ::cached_core::__private::uncached(Self::__cached_page(), Self::page(id)).await
    }
}
