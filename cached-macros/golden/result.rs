pub async fn profile(id: u64, db: &Db) -> Result<Profile, DbError> {
    use ::cached_core::__private::by_type::*;
    let mut __key = ::cached_core::Key::of(profile::__cached());
    ::cached_core::__private::Argument(&id).__push(&mut __key);
    let __codec = ::cached_core::__private::codec!(Result < Profile, DbError >);
    let __load = ::cached_core::__private::load!(__codec, __key);
    __load
        .run(async move {
            if false {
                return ::cached_core::__private::never::<Result<Profile, DbError>>();
            }
            db.load(id).await
        })
        .await
}
#[doc(hidden)]
pub struct profile {}
impl profile {
    pub fn __cached() -> &'static ::cached_core::__private::Function {
        ::cached_core::__private::function!(
            "profile".prefix("user:{0}:profile")
            .ttl(::core::time::Duration::from_secs(300u64))
        )
    }
    pub fn key(id: u64) -> ::cached_core::Key {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(Self::__cached());
        ::cached_core::__private::Argument(&id).__push(&mut __key);
        __key
    }
    pub fn peek(
        id: u64,
    ) -> impl ::core::future::Future<
        Output = ::core::option::Option<Result<Profile, DbError>>,
    > {
        use ::cached_core::__private::by_type::*;
        ::cached_core::__private::codec!(Result < Profile, DbError >).peek(Self::key(id))
    }
    pub fn invalidate(id: u64) -> ::cached_core::__private::Invalidating {
        ::cached_core::__private::invalidated(Self::key(id))
    }
    pub fn refresh(
        id: u64,
        db: &Db,
    ) -> impl ::core::future::Future<Output = Result<Profile, DbError>> {
        ::cached_core::__private::refresh(Self::__cached(), profile(id, db))
    }
    pub fn uncached(
        id: u64,
        db: &Db,
    ) -> impl ::core::future::Future<Output = Result<Profile, DbError>> {
        ::cached_core::__private::uncached(Self::__cached(), profile(id, db))
    }
}
