//! The annotated function written anew: with its attributes in another order, for each side of a condition, with
//! other lints.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, FnArg, Meta, parse_quote, token};

use super::Item;
use crate::parse::attribute::mentions;

impl Item {
    /// Writes `#[allow(…)]` for each `#[expect(…)]`: what the compiler says of the function as it is written, it
    /// need not say of what becomes of it.
    pub(crate) fn allow_expected(&mut self) {
        let of_parameters = self.signature.inputs.iter_mut().flat_map(|parameter| {
            let (FnArg::Receiver(syn::Receiver { attrs, .. })
            | FnArg::Typed(syn::PatType { attrs, .. })) = parameter;
            attrs
        });
        for attribute in self
            .attributes
            .iter_mut()
            .chain(&mut self.inner_attributes)
            .chain(of_parameters)
        {
            if attribute.path().is_ident("expect")
                && let Meta::List(lints) = &mut attribute.meta
            {
                // A lint can be against `allow` itself.
                let span = Span::mixed_site().located_at(lints.path.span());
                lints.path = Ident::new("allow", span).into();
                attribute.pound_token.spans = [span];
                attribute.bracket_token = token::Bracket(span);
            }
        }
    }

    /// Moves `attribute` below the `#[invalidates(...)]` of the function, if it has one, so that only a call whose
    /// body ran invalidates.
    ///
    /// ```text
    /// #[cached(ttl = 5)] #[invalidates("a")] async fn f(id: u64) {}
    /// // becomes
    /// #[invalidates("a")] #[cached(ttl = 5)] async fn f(id: u64) {}
    /// ```
    pub(crate) fn move_below_invalidates(&self, attribute: &TokenStream) -> Option<TokenStream> {
        let is_invalidates = |attribute: &Attribute| mentions(&attribute.meta, "invalidates");
        let position = self.attributes.iter().rposition(is_invalidates)?;
        let (above, below) = self
            .attributes
            .split_at_checked(position.saturating_add(1))?;
        let mut rest = self.clone();
        rest.attributes = below.to_vec();
        Some(quote!(#(#above)* #attribute #rest))
    }

    /// Splits a function whose parameter is behind `#[cfg(...)]`: into one with the parameter and one without it,
    /// each behind its condition and annotated again.
    ///
    /// ```text
    /// #[cached(ttl = 5)] async fn f(id: u64, #[cfg(x)] trace: Trace) {}
    /// // becomes
    /// #[cfg(x)] #[cached(ttl = 5)] async fn f(id: u64, trace: Trace) {}
    /// #[cfg(not(x))] #[cached(ttl = 5)] async fn f(id: u64) {}
    /// ```
    pub(crate) fn split_at_condition(&self, attribute: &TokenStream) -> Option<TokenStream> {
        let split = self
            .variants()?
            .map(|(condition, item)| quote!(#condition #attribute #item));
        Some(split.into_iter().collect())
    }

    /// Returns the two functions, each with its condition.
    pub(crate) fn variants(&self) -> Option<[(Attribute, Item); 2]> {
        let (position, condition) =
            self.signature
                .inputs
                .iter()
                .enumerate()
                .find_map(|(index, parameter)| {
                    let (FnArg::Receiver(syn::Receiver { attrs, .. })
                    | FnArg::Typed(syn::PatType { attrs, .. })) = parameter;
                    let condition = attrs
                        .iter()
                        .find(|attribute| attribute.path().is_ident("cfg"))?;
                    Some((index, condition.meta.require_list().ok()?.tokens.clone()))
                })?;
        let (mut with, mut without) = (self.clone(), self.clone());
        if let Some(FnArg::Typed(typed)) = with.signature.inputs.iter_mut().nth(position) {
            let mut is_first = true;
            typed.attrs.retain(|attribute| {
                !(attribute.path().is_ident("cfg") && std::mem::take(&mut is_first))
            });
        }
        without.signature.inputs = self
            .signature
            .inputs
            .pairs()
            .enumerate()
            .filter(|(index, _)| *index != position)
            .map(|(_, pair)| pair.cloned())
            .collect();
        let otherwise = parse_quote!(#[cfg(not(#condition))]);
        Some([
            (parse_quote!(#[cfg(#condition)]), with),
            (otherwise, without),
        ])
    }
}

/// Writes `attribute` as it has to stand on a function that is annotated again.
pub(crate) fn quote_attribute(
    runtime: &TokenStream,
    attribute: &str,
    arguments: &TokenStream,
) -> TokenStream {
    let attribute = Ident::new(attribute, Span::call_site());
    quote_spanned!(Span::call_site()=> #[#runtime::#attribute(#arguments)])
}
