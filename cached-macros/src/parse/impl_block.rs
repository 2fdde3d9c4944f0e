//! An `impl` as written: the annotated functions in it, and between them tokens that nobody reads.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Meta, Signature, Token, Visibility, parse_quote, token};

use super::attribute::{is_named, mentions, parse_hidden, select_conditions, take_repeated};
use super::impl_header::Header;
use super::item::Item;
use crate::diagnostics::Errors;

/// An `impl` as written.
pub(crate) struct ImplBlock {
    pub(crate) header: Header,
    pub(crate) members: Vec<Member>,
    /// Errors about what should be a function and is none.
    pub(crate) messages: TokenStream,
}

/// A part of an `impl`.
pub(crate) enum Member {
    /// Tokens that nobody reads.
    Verbatim(TokenStream),
    Annotated(Box<Annotated>),
    /// An annotated function without a body.
    Bodiless(TokenStream),
}

impl Member {
    /// Returns true for an annotated function, with a body or without one.
    pub(crate) fn is_annotated(&self) -> bool {
        !matches!(self, Member::Verbatim(_))
    }
}

/// A function with its attribute taken off.
pub(crate) struct Annotated {
    pub(crate) arguments: TokenStream,
    pub(crate) item: Item,
    pub(crate) errors: Errors,
}

/// Returns true if an `impl` follows the attributes.
pub(crate) fn is_impl(tokens: &TokenStream) -> bool {
    let mut tokens = tokens.clone().into_iter();
    let is_punct =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#');
    loop {
        match tokens.next() {
            Some(token) if is_punct(&token) => drop(tokens.next()),
            Some(TokenTree::Ident(word)) if word == "unsafe" || word == "default" => {}
            Some(TokenTree::Ident(word)) => return word == "impl",
            _ => return false,
        }
    }
}

impl ImplBlock {
    /// Parses an `impl` as far as its annotated functions need it.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<ImplBlock> {
        let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let braces = match tokens.pop() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
            last => {
                let last = last.into_iter().collect::<TokenStream>();
                return Err(syn::Error::new_spanned(
                    last,
                    "expected the braces of an `impl`",
                ));
            }
        };
        let body = braces.stream();
        let mut messages = TokenStream::new();
        let written = take_repeated_of_impl(tokens.into_iter().collect(), &mut messages)?;
        let header = Header::parse(written, braces)?;
        let members =
            (|input: ParseStream<'_>| parse_members(input, &mut messages)).parse2(body)?;
        Ok(ImplBlock {
            header,
            members,
            messages,
        })
    }
}

/// Takes other `#[cached]` off what stands before the braces.
fn take_repeated_of_impl(
    tokens: TokenStream,
    messages: &mut TokenStream,
) -> syn::Result<TokenStream> {
    let read = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let (mut attributes, rest) = read.parse2(tokens)?;
    let mut errors = Errors::default();
    take_repeated(&mut attributes, &mut errors);
    messages.extend(errors.into_tokens());
    Ok(quote!(#(#attributes)* #rest))
}

/// Parses what is in the braces.
fn parse_members(input: ParseStream<'_>, messages: &mut TokenStream) -> syn::Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut written = TokenStream::new();
    while !input.is_empty() {
        let Some(attributes) = peek_annotated(input) else {
            written.extend([input.parse::<TokenTree>()?]);
            continue;
        };
        let ahead = input.fork();
        match Item::parse_next("cached", &ahead) {
            Ok(item) => {
                input.advance_to(&ahead);
                members.push(Member::Verbatim(std::mem::take(&mut written)));
                push_variants(item, &mut members);
            }
            Err(error) => {
                let ahead = input.fork();
                if let Ok(function) = ahead.call(parse_bodiless) {
                    input.advance_to(&ahead);
                    members.push(Member::Verbatim(std::mem::take(&mut written)));
                    members.push(Member::Bodiless(function));
                    continue;
                }
                let mut errors = Errors::default();
                errors.report(error);
                messages.extend(errors.into_tokens_if(&select_conditions(&attributes)));
                input.call(Attribute::parse_outer)?;
                let others = attributes
                    .iter()
                    .filter(|attribute| !mentions(&attribute.meta, "cached"));
                others.for_each(|attribute| attribute.to_tokens(&mut written));
            }
        }
    }
    members.push(Member::Verbatim(written));
    Ok(members)
}

/// Parses a function whose body is still to be written, and gives it one that never ends: the compiler has said
/// what is missing, and all that follows in the `impl` has to be there.
fn parse_bodiless(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    attributes.retain(|attribute| !mentions(&attribute.meta, "cached"));
    let visibility: Visibility = input.parse()?;
    let signature: Signature = input.parse()?;
    if input.peek(Token![;]) || input.peek(token::Brace) {
        return Err(input.error("a whole function"));
    }
    Ok(quote!(#(#attributes)* #[allow(unused_variables)] #visibility #signature { loop {} }))
}

/// Returns the attributes that begin here, if ours is among them.
fn peek_annotated(input: ParseStream<'_>) -> Option<Vec<Attribute>> {
    if !(input.peek(Token![#]) && input.peek2(token::Bracket)) {
        return None;
    }
    let attributes = input.fork().call(Attribute::parse_outer).ok()?;
    let is_ours = |attribute: &Attribute| mentions(&attribute.meta, "cached");
    attributes.iter().any(is_ours).then_some(attributes)
}

/// Adds a function for each side of the conditions that its attributes and parameters stand behind.
fn push_variants(mut item: Item, members: &mut Vec<Member>) {
    if let Some((position, (condition, attributes))) = find_conditional(&item.attributes) {
        let mut without = item.clone();
        item.attributes.splice(position..=position, attributes);
        without.attributes.remove(position);
        item.attributes.insert(0, parse_quote!(#[cfg(#condition)]));
        let otherwise = parse_quote!(#[cfg(not(#condition))]);
        without.attributes.insert(0, otherwise);
        push_variants(item, members);
        push_variants(without, members);
        return;
    }
    let Some(position) = item.attributes.iter().position(is_cached) else {
        members.push(Member::Verbatim(item.into_token_stream()));
        return;
    };
    if let Some(both) = item.variants() {
        for (condition, mut item) in both {
            item.attributes.insert(0, condition);
            push_variants(item, members);
        }
        return;
    }
    let mut own = item.attributes.remove(position);
    let mut errors = Errors::default();
    take_repeated(&mut item.attributes, &mut errors);
    let arguments = take_arguments(&mut own);
    item.attributes.insert(position, own);
    members.push(Member::Annotated(Box::new(Annotated {
        arguments,
        item,
        errors,
    })));
}

/// Returns true for `#[cached]`.
fn is_cached(attribute: &Attribute) -> bool {
    is_named(&attribute.meta, "cached")
}

/// Returns true for an `#[invalidates(...)]` that is not yet expanded.
pub(crate) fn is_open_invalidates(attribute: &Attribute) -> bool {
    let is_done = matches!(&attribute.meta, Meta::List(list) if is_done(&list.tokens));
    is_named(&attribute.meta, "invalidates") && !is_done
}

/// The word that takes the place of the arguments of an attribute once its `impl` has expanded it. The attribute
/// stays where it was, so that its name is used and an editor knows it, and does nothing.
const DONE: &str = "__done";

/// Returns true if these arguments say that the attribute is expanded already.
pub(crate) fn is_done(arguments: &TokenStream) -> bool {
    let mut tokens = arguments.clone().into_iter();
    let is_word = matches!(tokens.next(), Some(TokenTree::Ident(word)) if word == DONE);
    is_word && tokens.next().is_none()
}

/// Takes the arguments off an attribute that is expanded here.
pub(crate) fn take_arguments(attribute: &mut Attribute) -> TokenStream {
    let arguments = match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(written) => written.value.to_token_stream(),
    };
    let path = attribute.meta.path();
    let done = Ident::new(DONE, Span::mixed_site());
    attribute.meta = parse_quote!(#path(#done));
    arguments
}

/// Finds the first condition that hides an attribute of ours: its position, the condition, and the attributes
/// behind it.
fn find_conditional(attributes: &[Attribute]) -> Option<(usize, (TokenStream, Vec<Attribute>))> {
    let hides = |names: &[&str]| {
        attributes
            .iter()
            .enumerate()
            .find_map(|(position, attribute)| {
                let (condition, hidden) = parse_hidden(&attribute.meta)?;
                let is_ours = |meta: &Meta| names.iter().any(|name| mentions(meta, name));
                hidden.iter().any(is_ours).then(|| {
                    let hidden = hidden.iter().map(|meta| parse_quote!(#[#meta]));
                    (position, (condition, hidden.collect()))
                })
            })
    };
    // What only invalidates is left to its attribute.
    hides(&["cached"]).or_else(|| {
        let is_annotated = attributes.iter().any(is_cached);
        hides(&["invalidates"]).filter(|_| is_annotated)
    })
}
