//! Recovery from errors: the user's function as it was, with companions that do nothing, so that its callers do not
//! fail as well.

mod stubs;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use self::stubs::expand_stubs;
use crate::check::RejectedFn;
use crate::diagnostics::Errors;

/// Writes the function without our attributes on its parameters, its companions, and every error.
pub(crate) fn expand_rejected_fn(rejected: &RejectedFn, errors: Errors) -> TokenStream {
    let item = &rejected.item;
    let stubs = expand_stubs(rejected);
    keep_item(&quote!(#item #stubs), errors)
}

/// Writes the item as it was, and every error.
pub(crate) fn keep_item(item: &TokenStream, errors: Errors) -> TokenStream {
    let messages = errors.into_tokens();
    quote!(#item #messages)
}
