//! Functions that return a future.

use ::cached_core::cached;
use ::core::pin::Pin;

crate::taken::take_names!();

/// A future in a box.
pub type LoadFuture<'a, T> =
    Pin<::std::boxed::Box<dyn ::core::future::Future<Output = T> + ::core::marker::Send + 'a>>;

/// A future without a name.
#[cached]
pub fn opaque(n: u32) -> impl ::core::future::Future<Output = u32> + ::core::marker::Send {
    async move { n + 1 }
}

/// Borrows nothing.
#[cached]
pub fn detached(
    name: &str,
) -> impl ::core::future::Future<Output = usize> + ::core::marker::Send + use<> {
    let length = name.len();
    async move { length }
}

/// In a box.
#[cached(stale_while_revalidate = "1h")]
pub fn boxed(name: &str) -> LoadFuture<'_, usize> {
    ::std::boxed::Box::pin(async move { name.len() })
}
