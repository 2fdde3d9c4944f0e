async fn shard(id: u64) -> Shard {
    use ::cached_core::__private::by_type::*;
    let mut __key = ::cached_core::Key::of(::cached_core::__private::function!("shard"));
    ::cached_core::__private::Argument(&(id % 10)).__push(&mut __key);
    ::cached_core::__private::push_surroundings(&mut __key, &|| ());
    let __codec = ::cached_core::__private::codec!(Shard);
    let __load = ::cached_core::__private::load!(__codec, __key);
    __load
        .run(async move {
            if false {
                return ::cached_core::__private::never::<Shard>();
            }
            load(id).await
        })
        .await
}
