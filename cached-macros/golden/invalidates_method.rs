impl Users {
    async fn add(&mut self, name: String) -> Option<User> {
        use ::cached_core::__private::by_type::*;
        let __known_0 = ::cached_core::__private::known(|__key| {
            ::cached_core::__private::Argument(&self.tenant).__push(__key);
        });
        let mut __prepared = ::cached_core::__private::Invalidation::new_in(
                ::cached_core::__private::chosen(&self.cache),
            )
            .call(self.find_key(&name))
            .prepare();
        let __returned = {
            let __returned = async move {
                if false {
                    return ::cached_core::__private::never::<Option<User>>();
                }
                self.db.add(name).await
            }
                .await;
            let __value = ::cached_core::__private::Returns::of(&__returned)
                .__result()
                .__option()
                .__value(&__returned);
            __prepared = __prepared
                .and(
                    __value,
                    |__invalidation, __ret| {
                        __invalidation
                            .pattern(
                                ::cached_core::__private::named!(
                                    "tenant:{0}:user:{1}", false
                                ),
                                |__key| {
                                    *__key = __known_0;
                                    ::cached_core::__private::Argument(&__ret.id).__push(__key);
                                },
                            )
                    },
                );
            __returned
        };
        let __wanted = ::cached_core::__private::asked(&__returned, |ret| ret.is_some());
        __prepared.apply_if(__wanted).await;
        __returned
    }
}
