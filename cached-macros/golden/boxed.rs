impl Users {
    fn find(&self, name: &str) -> Pin<Box<dyn Future<Output = Option<User>> + Send>> {
        use ::cached_core::__private::by_type::*;
        let mut __key = ::cached_core::Key::of(
            ::cached_core::__private::function!("find"),
        );
        ::cached_core::__private::Argument(&name).__push(&mut __key);
        ::cached_core::__private::push_type::<Self>(&mut __key);
        ::cached_core::__private::push_surroundings(&mut __key, &|| ());
        let __cache = ::core::clone::Clone::clone(
            ::cached_core::__private::chosen(&self.cache),
        );
        let __body = ::cached_core::__private::made(move || -> Pin<
            Box<dyn Future<Output = Option<User>> + Send>,
        > {
            let found = self.db.find(name);
            Box::pin(found)
        });
        ::std::boxed::Box::pin(async move {
            let __codec = ::cached_core::__private::codec!(Option < User >);
            let __load = ::cached_core::__private::load!(__codec, __key, in & __cache);
            __load.run(__body).await
        })
    }
}
