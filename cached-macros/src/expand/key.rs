//! The key of a call.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::lints::underscored;
use super::spans::{here, located};
use crate::check::{CachedFn, Generic};

/// Statements that leave the key in `__key`.
pub(super) fn key(function: &CachedFn, handle: &TokenStream) -> TokenStream {
    let CachedFn {
        runtime,
        components,
        generics,
        ..
    } = function;
    let here = here();
    let components = components.iter().map(|component| {
        let value = &component.value;
        let at = here.located_at(component.span);
        let runtime = located(runtime, at);
        let allowed = underscored(value);
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
        Generic::Surroundings => {
            quote_spanned!(here=> #runtime::__private::push_surroundings(&mut __key, &|| ());)
        }
    });
    quote_spanned! {here=>
        let mut __key = #runtime::Key::of(#handle);
        #(#components)*
        #(#generics)*
    }
}
