//! Type, const and lifetime parameters. They need bounds of serde's, which this crate has not; what is skipped
//! needs none.

use ::cached_core::cached;

crate::taken::take_names!();

/// A type that no argument shows.
#[cached]
pub async fn size<T>() -> usize {
    ::core::mem::size_of::<T>()
}

/// A const parameter.
#[cached(prefix = "page:{number}")]
pub async fn page<const SIZE: usize>(number: usize) -> usize {
    number * SIZE
}

/// A bound, and `impl Trait`, left out of the key.
#[cached]
pub async fn told<T: ::core::fmt::Display + ::core::marker::Sync + ?Sized>(
    id: u64,
    #[cached(skip)] by: &T,
    #[cached(skip)] then: impl ::core::fmt::Display + ::core::marker::Send,
) -> ::std::string::String
where
    for<'a> &'a T: ::core::fmt::Display,
{
    ::std::format!("{id}{by}{then}")
}

/// A bound for every lifetime.
#[cached]
pub async fn applied<F>(text: &str, #[cached(skip)] with: F) -> usize
where
    F: for<'a> ::core::ops::Fn(&'a str) -> &'a str + ::core::marker::Send,
{
    with(text).len()
}
