//! Lints that the caller's code allows, and those that the expansion would meet.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::Attribute;

use super::spans::here;
use crate::check::CachedFn;
use crate::syntax::tokens::find_ident;

/// Allows the use of `_names`, which are the caller's: clippy has something against it.
pub(super) fn allow_underscored(tokens: &TokenStream) -> Option<TokenStream> {
    let is_underscored = |ident: &Ident| {
        let name = ident.to_string();
        name != "_" && name.starts_with('_') && !name.starts_with("__")
    };
    find_ident(tokens.clone(), &is_underscored)
        .map(|_| quote_spanned!(here()=> #[allow(clippy::used_underscore_binding)]))
}

/// Selects the user's attributes of this name, for items that share their fate.
fn select_attributes<'a>(function: &'a CachedFn, name: &str) -> Vec<&'a Attribute> {
    let wanted = |attribute: &&Attribute| attribute.path().is_ident(name);
    function.item.attributes.iter().filter(wanted).collect()
}

/// Writes the lints of a companion. What the user's function may do, its companions may do: they take its types,
/// and they call it.
pub(super) fn quote_companion_lints(function: &CachedFn) -> TokenStream {
    let deprecated = select_attributes(function, "deprecated");
    let allowed = quote_hidden_lints(function);
    quote_spanned!(here()=> #(#deprecated)* #allowed)
}

/// Writes the lints of what only the expansion calls.
pub(super) fn quote_hidden_lints(function: &CachedFn) -> TokenStream {
    let here = here();
    let allowed = select_attributes(function, "allow")
        .into_iter()
        .filter_map(|attribute| {
            let lints = &attribute.meta.require_list().ok()?.tokens;
            Some(quote_spanned!(here=> #[allow(#lints)]))
        });
    let deprecated = select_attributes(function, "deprecated")
        .into_iter()
        .map(|_| quote_spanned!(here=> #[allow(deprecated)]));
    // What is used twice may be used once where a parameter is left out.
    let lifetimes = function.item.signature.generics.lifetimes().next();
    let lifetimes = lifetimes.map(|_| quote_spanned!(here=> #[allow(single_use_lifetimes)]));
    allowed.chain(deprecated).chain(lifetimes).collect()
}

/// Allows many parameters: clippy counts them, also those of a macro's function.
pub(super) fn allow_many_parameters(parameters: &[TokenStream]) -> Option<TokenStream> {
    (parameters.len() > 7).then(|| quote_spanned!(here()=> #[allow(clippy::too_many_arguments)]))
}
