//! Functions that invalidate.

use ::cached_core::{cached, invalidates};

use crate::arguments::text;
use crate::methods::Users;

crate::taken::take_names!();

/// By a pattern, a typed call and a tag; see [`text`].
#[invalidates("greeting:{name}:*", text(name), text(..), tags = ["number:{id}"])]
pub async fn rename(id: u64, name: &str) -> ::core::result::Result<(), ::std::string::String> {
    ::core::future::ready(()).await;
    ::core::result::Result::Ok(())
}

/// By what it returned.
#[invalidates("number:{ret}", "number:{mut_id}", on = "always")]
pub async fn register(mut_id: u64) -> ::core::option::Option<u64> {
    mut_id.checked_add(1)
}

/// By a method.
#[invalidates(users.find(id), Users::version(..))]
pub async fn of_method(users: &Users, id: u32) {}

/// A future.
#[invalidates("greeting:{name}")]
pub fn later(name: &str) -> impl ::core::future::Future<Output = usize> + ::core::marker::Send {
    async move { name.len() }
}

/// With a cached answer.
#[cached(prefix = "synchronised:{id}")]
#[invalidates("user:{id}")]
pub async fn synchronise(id: u64) -> u64 {
    id
}
