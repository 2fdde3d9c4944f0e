//! Return types.

use ::cached_core::cached;

crate::taken::take_names!();

/// Under another name.
pub type Found<T> = ::core::result::Result<::core::option::Option<T>, ::std::io::Error>;

/// Nothing.
#[cached]
pub async fn unit(n: u32) {
    let _ = n;
}

/// An `Option`.
#[cached(cache_none = "30s")]
pub async fn option(n: u32) -> ::core::option::Option<u32> {
    n.checked_add(1)
}

/// A `Result`.
#[cached(stale_if_error = "1h")]
pub async fn result(text: &str) -> ::core::result::Result<u32, ::core::num::ParseIntError> {
    let number = text.parse()?;
    ::core::result::Result::Ok(number)
}

/// Stores what is in both.
#[cached(cache_err = "5s")]
pub async fn keeps_all(n: u32) -> ::core::result::Result<(), ::std::string::String> {
    if n == 0 {
        return ::core::result::Result::Err(::std::string::String::new());
    }
    ::core::result::Result::Ok(())
}

/// An alias.
#[cached]
pub async fn alias(n: u32) -> Found<u32> {
    ::core::result::Result::Ok(n.checked_add(1))
}

/// Lent for ever.
#[cached]
pub async fn cow(name: &str) -> ::std::borrow::Cow<'static, str> {
    ::std::borrow::Cow::Owned(::std::borrow::ToOwned::to_owned(name))
}

/// The cache's own error.
#[cached(on_outage = "fail")]
pub async fn of_the_cache(n: u32) -> ::core::result::Result<u32, ::cached_core::Error> {
    ::core::result::Result::Ok(n)
}
