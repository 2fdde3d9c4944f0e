//! Lints that the caller's code allows, and those that the expansion would meet.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::Attribute;

use super::spans::here;
use crate::check::CachedFn;
use crate::syntax::tokens::find;

/// Clippy has something against using `_names`, which are the caller's.
pub(super) fn underscored(tokens: &TokenStream) -> Option<TokenStream> {
    let is_underscored = |ident: &Ident| {
        let name = ident.to_string();
        name != "_" && name.starts_with('_') && !name.starts_with("__")
    };
    find(tokens.clone(), &is_underscored)
        .map(|_| quote_spanned!(here()=> #[allow(clippy::used_underscore_binding)]))
}

/// The user's attributes of this name, for items that share their fate.
pub(super) fn attributes<'a>(function: &'a CachedFn, name: &str) -> Vec<&'a Attribute> {
    let wanted = |attribute: &&Attribute| attribute.path().is_ident(name);
    function.item.attributes.iter().filter(wanted).collect()
}

/// What the user's function may do, its companions may do: they take its types, and they call it.
pub(super) fn levels(function: &CachedFn) -> TokenStream {
    let deprecated = attributes(function, "deprecated");
    let allowed = allowed(function);
    quote_spanned!(here()=> #(#deprecated)* #allowed)
}

/// The same for what only the expansion calls.
pub(super) fn allowed(function: &CachedFn) -> TokenStream {
    let here = here();
    let allowed = attributes(function, "allow")
        .into_iter()
        .filter_map(|attribute| {
            let lints = &attribute.meta.require_list().ok()?.tokens;
            Some(quote_spanned!(here=> #[allow(#lints)]))
        });
    let deprecated = attributes(function, "deprecated")
        .into_iter()
        .map(|_| quote_spanned!(here=> #[allow(deprecated)]));
    // What is used twice may be used once where a parameter is left out.
    let lifetimes = function.item.signature.generics.lifetimes().next();
    let lifetimes = lifetimes.map(|_| quote_spanned!(here=> #[allow(single_use_lifetimes)]));
    allowed.chain(deprecated).chain(lifetimes).collect()
}

/// Clippy counts parameters, also those of a macro's function.
pub(super) fn crowded(parameters: &[TokenStream]) -> Option<TokenStream> {
    (parameters.len() > 7).then(|| quote_spanned!(here()=> #[allow(clippy::too_many_arguments)]))
}
