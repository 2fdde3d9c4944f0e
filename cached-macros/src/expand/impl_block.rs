//! The expansion of an annotated `impl`, and of the companions that have no place in it.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Attribute;

use super::spans::{first_span, here, respan};
use crate::check::CheckedImpl;
use crate::syntax::tokens::qualify_self;

/// Expands an `impl`.
///
/// ```text
/// impl<T> Users for Repo<T> {
///     async fn find(&self, id: u64) -> Self::Found { … }
/// }
/// // becomes
/// impl<T> Users for Repo<T> {
///     async fn find(&self, id: u64) -> Self::Found { … Self::__cached_find() … }
/// }
/// impl<T> Repo<T> {
///     pub fn __cached_find() -> &'static Function { … }
///     pub fn find_key(&self, id: u64) -> Key { … }
///     pub async fn find_refresh(&self, id: u64) -> <Self as Users>::Found { … <Self as Users>::find(self, id) … }
/// }
/// ```
///
/// In the `impl` of a type there is a place for them: `body` has them already.
pub(crate) fn expand_impl_block(
    checked: &CheckedImpl,
    body: TokenStream,
    companions: TokenStream,
) -> TokenStream {
    let header = &checked.header;
    let here = here();
    let mut braces = Group::new(header.braces.delimiter(), body);
    braces.set_span(header.braces.span());
    let written = &header.written;
    let beside = (!companions.is_empty()).then(|| {
        let own = &header.parsed;
        let generics = respan(checked.determined.to_token_stream());
        let of = respan(own.self_ty.to_token_stream());
        let bounds = respan(checked.determined.where_clause.to_token_stream());
        let attributes = own.attrs.iter().filter_map(share_attribute);
        let companions = match &own.trait_ {
            Some((of, _)) => qualify_self(companions, &header.declared, &respan(of.to_token_stream())),
            None => companions,
        };
        // Where the compiler says that the type can have none.
        let at = here.located_at(first_span(&own.self_ty));
        // Of lints that spare the `impl` of a trait, which writes what the trait says.
        let spared =
            quote_spanned!(here=> #[allow(clippy::type_complexity, single_use_lifetimes)]);
        quote_spanned!(at=> #(#attributes)* #spared #[doc(hidden)] impl #generics #of #bounds { #companions })
    });
    quote_spanned!(here=> #written #braces #beside)
}

/// Writes an attribute for the other `impl`, if that has to have it.
fn share_attribute(attribute: &Attribute) -> Option<TokenStream> {
    let path = attribute.path();
    if path.is_ident("cfg") || path.is_ident("allow") {
        return Some(attribute.to_token_stream());
    }
    let lints = path
        .is_ident("expect")
        .then(|| attribute.meta.require_list());
    let lints = &lints?.ok()?.tokens;
    Some(quote_spanned!(here()=> #[allow(#lints)]))
}
