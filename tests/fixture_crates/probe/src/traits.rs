//! Methods of traits.

use ::cached_core::{cached, invalidates};

crate::taken::take_names!();

/// Users.
pub trait Users {
    /// A name.
    fn name(&self, id: u64) -> impl ::core::future::Future<Output = usize> + ::core::marker::Send;

    /// Another name.
    fn rename(&self, id: u64) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
}

/// A table of them.
#[derive(Debug)]
pub struct Table;

impl Users for Table {
    #[cached(companions = off, prefix = "user:{id}", skip(self))]
    async fn name(&self, id: u64) -> usize {
        ::core::future::ready(()).await;
        usize::try_from(id).unwrap_or_default()
    }

    #[invalidates("user:{id}")]
    async fn rename(&self, id: u64) {
        ::core::future::ready(()).await;
    }
}
