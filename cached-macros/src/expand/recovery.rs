//! After a mistake: the user's function as it was, with companions that do nothing, so that its callers do not
//! fail as well.

mod stubs;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use self::stubs::stubs;
use crate::check::Unfinished;
use crate::diagnostics::Errors;

/// The function without our attributes on its parameters, its companions, and every message.
pub(crate) fn annotated(unfinished: &Unfinished, errors: Errors) -> TokenStream {
    let item = &unfinished.item;
    let stubs = stubs(unfinished);
    other(&quote!(#item #stubs), errors)
}

/// The item as it was, and every message.
pub(crate) fn other(item: &TokenStream, errors: Errors) -> TokenStream {
    let messages = errors.into_tokens();
    quote!(#item #messages)
}
