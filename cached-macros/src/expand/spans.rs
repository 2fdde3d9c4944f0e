//! Spans: places for messages, and the hygiene of what the macro writes.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;

use crate::check::{CachedFn, ImplContext};

/// Returns the span of all that the caller did not write: its locals are invisible to the caller's code, and
/// the caller's lints do not apply.
pub(super) fn here() -> Span {
    Span::mixed_site()
}

/// Returns the same, on the function for messages where its attribute is not: that of an `impl` stands far away.
pub(super) fn at_function(function: &CachedFn) -> Span {
    match function.context {
        ImplContext::Unseen => here(),
        ImplContext::Inherent | ImplContext::Trait { .. } => {
            here().located_at(function.item.signature.ident.span())
        }
    }
}

/// Returns the span of the first token.
pub(super) fn first_span(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// Respans tokens as if the macro had written them, so that the caller's lints do not apply to them.
pub(super) fn respan(tokens: TokenStream) -> TokenStream {
    respan_with(tokens, &|span| here().located_at(span))
}

/// Respans tokens to another place: the compiler puts a message there about what begins with them.
pub(super) fn respan_at(tokens: &TokenStream, at: Span) -> TokenStream {
    respan_with(tokens.clone(), &|_| at)
}

/// Gives each token another span.
pub(super) fn respan_with(tokens: TokenStream, span: &dyn Fn(Span) -> Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), respan_with(group.stream(), span)).into();
        }
        // `$crate` means what its span says.
        if !matches!(&token, TokenTree::Ident(ident) if ident == "$crate") {
            token.set_span(span(token.span()));
        }
        token
    });
    respanned.collect()
}
