impl Users {
    fn rename(&self, id: u64) -> BoxFuture<'_, Result<(), DbError>> {
        use ::cached_core::__private::by_type::*;
        let __named = ::cached_core::__private::Invalidation::new()
            .pattern(
                ::cached_core::__private::named!("user:{0}", false),
                |__key| {
                    ::cached_core::__private::Argument(&id).__push(__key);
                },
            );
        Box::pin(async move {
            let __prepared = __named.prepare();
            let __returned = {
                let __returned = async move {
                    if false {
                        return ::cached_core::__private::never::<Result<(), DbError>>();
                    }
                    self.db.rename(id).await
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
        })
    }
}
