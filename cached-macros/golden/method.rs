impl Users {
    pub async fn find(&self, name: &str) -> Option<User> {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached_find());
        ::cached_core::__private::Argument(&name).__push(&mut __key);
        ::cached_core::__private::Argument(&self.tenant).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        let __codec = ::cached_core::__private::codec!(Option < User >);
        let __load = ::cached_core::__private::load!(__codec, __key);
        __load
            .run(async move {
                if false {
                    return ::cached_core::__private::never::<Option<User>>();
                }
                self.db.find(name).await
            })
            .await
    }
    #[doc(hidden)]
    pub fn __cached_find() -> &'static ::cached_core::__private::Function {
        ::cached_core::__private::function!(
            "find".prefix("tenant:{1}").ttl(::core::time::Duration::from_secs(300u64))
        )
    }
    #[doc(hidden)]
    pub fn find_key(&self, name: &str) -> ::cached_core::Key {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached_find());
        ::cached_core::__private::Argument(&name).__push(&mut __key);
        ::cached_core::__private::Argument(&self.tenant).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        __key
    }
    #[doc(hidden)]
    pub async fn find_peek(&self, name: &str) -> ::core::option::Option<Option<User>> {
        use ::cached_core::__private::by_type::*;
        ::cached_core::__private::codec!(Option < User >)
            .peek(Self::find_key(self, name))
            .await
    }
    #[doc(hidden)]
    pub fn find_invalidate(&self, name: &str) -> ::cached_core::__private::Invalidating {
        ::cached_core::__private::invalidated(Self::find_key(self, name))
    }
    #[doc(hidden)]
    pub async fn find_refresh(&self, name: &str) -> Option<User> {
        ::cached_core::__private::refresh(Self::__cached_find(), self.find(name)).await
    }
    #[doc(hidden)]
    pub async fn find_uncached(&self, name: &str) -> Option<User> {
        ::cached_core::__private::uncached(Self::__cached_find(), self.find(name)).await
    }
}
