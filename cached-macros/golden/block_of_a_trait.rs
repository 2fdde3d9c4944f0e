impl<T: Db> Users for Repo<T> {
    type Found = Option<User>;
    #[cached(__done)]
    async fn find(&self, name: &str) -> Self::Found {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached_find());
        ::cached_core::__private::Argument(&name).__push(&mut __key);
        ::cached_core::__private::Argument(&self.tenant).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        let __codec = ::cached_core::__private::codec!(Self::Found);
        let __load = ::cached_core::__private::load!(__codec, __key);
        __load
            .run(async move {
                if false {
                    return ::cached_core::__private::never::<Self::Found>();
                }
                self.db.find(name).await
            })
            .await
    }
}
#[allow(clippy::type_complexity, single_use_lifetimes)]
#[doc(hidden)]
impl<T: Db> Repo<T> {
    pub fn __cached_find() -> &'static ::cached_core::__private::Function {
        ::cached_core::__private::function!(
            "find".of_trait("Users").prefix("tenant:{1}")
            .ttl(::core::time::Duration::from_secs(300u64))
        )
    }
    pub fn find_key(&self, name: &str) -> ::cached_core::Key {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached_find());
        ::cached_core::__private::Argument(&name).__push(&mut __key);
        ::cached_core::__private::Argument(&self.tenant).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        __key
    }
    pub async fn find_peek(
        &self,
        name: &str,
    ) -> ::core::option::Option<<Self as Users>::Found> {
        use ::cached_core::__private::by_type::*;
        ::cached_core::__private::codec!(< Self as Users > ::Found)
            .peek(Self::find_key(self, name))
            .await
    }
    pub fn find_invalidate(&self, name: &str) -> ::cached_core::__private::Invalidating {
        ::cached_core::__private::invalidated(Self::find_key(self, name))
    }
    pub async fn find_refresh(&self, name: &str) -> <Self as Users>::Found {
        ::cached_core::__private::refresh(
                Self::__cached_find(),
                <Self as Users>::find(self, name),
            )
            .await
    }
    pub async fn find_uncached(&self, name: &str) -> <Self as Users>::Found {
        ::cached_core::__private::uncached(
                Self::__cached_find(),
                <Self as Users>::find(self, name),
            )
            .await
    }
}
