//! The key of a call.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::lints::allow_underscored;
use super::spans::{here, respan_at};
use crate::check::{CachedFn, Generic};

/// Writes statements that leave the key in `__key`.
///
/// ```text
/// let mut __key = ::cached_core::Key::of(profile::__cached());
/// ::cached_core::__private::Argument(&id).__push(&mut __key);
/// ```
pub(super) fn quote_key(function: &CachedFn, handle: &TokenStream) -> TokenStream {
    let CachedFn {
        runtime,
        key,
        generics,
        ..
    } = function;
    let here = here();
    let components = key.components.iter().map(|component| {
        let value = &component.value;
        let at = here.located_at(component.span);
        let runtime = respan_at(runtime, at);
        let allowed = allow_underscored(value);
        quote_spanned!(at=> #allowed #runtime::__private::Argument(&#value).__push(&mut __key);)
    });
    let generics = generics.iter().map(|generic| match generic {
        Generic::Type(name) => {
            quote_spanned!(here=> #runtime::__private::push_type::<#name>(&mut __key);)
        }
        Generic::Const(name) => {
            quote_spanned!(here=> #runtime::__private::Argument(&#name).__push(&mut __key);)
        }
        Generic::Of(name) => {
            quote_spanned!(here=> #runtime::__private::push_type_of(&mut __key, &#name);)
        }
        Generic::Enclosing => {
            quote_spanned!(here=> #runtime::__private::push_surroundings(&mut __key, &|| ());)
        }
    });
    quote_spanned! {here=>
        let mut __key = #runtime::Key::of(#handle);
        #(#components)*
        #(#generics)*
    }
}
