//! The header of an `impl`: all that is written before its braces.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ItemImpl;

/// The header of an `impl`, and what it declares.
pub(crate) struct Header {
    /// As written.
    pub(crate) written: TokenStream,
    /// The braces, with what is in them.
    pub(crate) braces: Group,
    /// As parsed, with nothing in the braces.
    pub(crate) parsed: ItemImpl,
    /// The names of all types, constants and functions in the braces.
    pub(crate) declared: Vec<Ident>,
}

impl Header {
    /// Parses what is written before the braces.
    pub(crate) fn parse(written: TokenStream, braces: Group) -> syn::Result<Header> {
        let parsed: ItemImpl = syn::parse2(quote!(#written {}))?;
        let declared = find_declared(braces.stream());
        Ok(Header {
            written,
            braces,
            parsed,
            declared,
        })
    }
}

/// Finds the names that follow `fn`, `type` and `const`.
fn find_declared(body: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut before = None;
    for token in body {
        if let (Some(TokenTree::Ident(word)), TokenTree::Ident(name)) = (&before, &token)
            && (word == "fn" || word == "type" || word == "const")
        {
            names.push(name.clone());
        }
        before = Some(token);
    }
    names
}
