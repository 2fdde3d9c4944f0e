pub async fn rename(id: u64, name: &str, db: &Db) -> Result<(), DbError> {
    use ::cached_core::__private::by_type::*;
    let __prepared = ::cached_core::__private::Invalidation::new()
        .pattern(
            ::cached_core::__private::named!("user:{0}", false),
            |__key| {
                ::cached_core::__private::Argument(&id).__push(__key);
            },
        )
        .tag(::cached_core::__private::named!("names", true), |_| {})
        .call(profile::key(::cached_core::__private::Argument(&id).__cloned()))
        .all(roster::__cached())
        .prepare();
    let __returned = {
        let __returned = async move {
            if false {
                return ::cached_core::__private::never::<Result<(), DbError>>();
            }
            db.rename(id, name).await
        }
            .await;
        match ::cached_core::__private::Returns::of(&__returned)
            .__result()
            .__option()
            .__ended(__returned)
        {
            ::cached_core::__private::Ended::Succeeded(__returned) => __returned,
            ::cached_core::__private::Ended::Failed(__returned) => {
                __prepared.discard();
                return __returned;
            }
        }
    };
    __prepared.apply().await;
    __returned.restore()
}
