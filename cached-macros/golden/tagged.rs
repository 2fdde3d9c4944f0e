async fn text(id: u64, lesson: &Lesson) -> String {
    use ::cached_core::__private::by_type::*;
    let mut __key = ::cached_core::Key::of(
        ::cached_core::__private::function!(
            "text".prefix("lesson:{0}").tags(& ["course:{1}", "lessons"])
        ),
    );
    ::cached_core::__private::Argument(&id).__push(&mut __key);
    ::cached_core::__private::Argument(&lesson.course).__push(&mut __key);
    ::cached_core::__private::push_surroundings(&mut __key, &|| ());
    let __codec = ::cached_core::__private::codec!(String);
    let __load = ::cached_core::__private::load!(__codec, __key);
    __load
        .run(async move {
            if false {
                return ::cached_core::__private::never::<String>();
            }
            lesson.text(id).await
        })
        .await
}
