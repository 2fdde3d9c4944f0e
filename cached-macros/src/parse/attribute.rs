//! Attributes by their names, ours and those that ours depend on.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use crate::diagnostics::Errors;

/// Returns true if its name is this one, wherever it comes from.
pub(crate) fn is_named(meta: &Meta, name: &str) -> bool {
    let last = meta.path().segments.last();
    last.is_some_and(|last| last.ident == name)
}

/// Returns true for an attribute of this name, and for one that hides such an attribute behind conditions.
pub(crate) fn mentions(meta: &Meta, name: &str) -> bool {
    is_named(meta, name)
        || parse_hidden(meta)
            .is_some_and(|(_, hidden)| hidden.iter().any(|hidden| mentions(hidden, name)))
}

/// Parses a `#[cfg_attr(...)]`: its condition, and the attributes that it hides.
pub(crate) fn parse_hidden(meta: &Meta) -> Option<(TokenStream, Vec<Meta>)> {
    let Meta::List(list) = meta else {
        return None;
    };
    let read = |input: ParseStream<'_>| {
        let mut condition = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            condition.extend([input.parse::<TokenTree>()?]);
        }
        input.parse::<Option<Token![,]>>()?;
        let hidden = Punctuated::<Meta, Token![,]>::parse_terminated(input)?;
        Ok((condition, hidden.into_iter().collect()))
    };
    let is_conditional = meta.path().is_ident("cfg_attr");
    is_conditional.then(|| read.parse2(list.tokens.clone()).ok())?
}

/// Selects the `#[cfg(...)]` among attributes.
pub(crate) fn select_conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    let is_condition = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    attributes.iter().filter(is_condition).cloned().collect()
}

/// Takes other `#[cached]` away: each would make companions of the same names.
pub(crate) fn take_repeated(attributes: &mut Vec<Attribute>, errors: &mut Errors) {
    attributes.retain(|attribute| {
        let is_repeated = is_named(&attribute.meta, "cached");
        if is_repeated {
            errors.report_on(attribute, "`#[cached]` is written twice: keep one of them");
        }
        !is_repeated
    });
}
