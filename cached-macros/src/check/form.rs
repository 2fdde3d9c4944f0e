//! The form of a function: `async`, or one that returns a future.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, Ident, PathArguments, PathSegment, ReturnType, Token, Type, TypeParamBound,
    parse_quote,
};

use crate::parse::item::Item;
use crate::syntax::groups::{peel_tokens, peel_type};
use crate::syntax::tokens::find_ident;
use crate::syntax::types::type_arguments;

/// The form of a function.
pub(crate) struct Form {
    /// The type that a call gives in the end, if the function says so.
    pub(crate) output: Option<Type>,
    /// `None`: it is `async`.
    pub(crate) future: Option<Future>,
}

/// The future of a function that is not `async`.
pub(crate) struct Future {
    /// In a pinned box; or else as it is.
    pub(crate) is_boxed: bool,
    pub(crate) body: Body,
}

/// The body that makes a future.
pub(crate) enum Body {
    /// One `async` block: nothing runs before the future is polled.
    Block(AsyncBlock),
    /// Any other body, whose value is of this type if that can be named.
    Made(Option<TokenStream>),
}

/// An `async` block, and the code that wraps it.
pub(crate) struct AsyncBlock {
    /// `Box::pin`
    pub(crate) by: TokenStream,
    pub(crate) inside: TokenStream,
    /// `.boxed()`
    pub(crate) then: TokenStream,
}

impl Form {
    /// Returns the form of a function; `None` if it has no future, as far as its tokens show.
    pub(crate) fn of(item: &Item) -> Option<Form> {
        let declared = match &item.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(&**ty),
        };
        if item.signature.asyncness.is_some() {
            return Some(Form {
                output: declared.cloned(),
                future: None,
            });
        }
        let declared = declared?;
        let (output, is_boxed) = find_future(declared)?;
        let body = item.body.clone();
        let block = if is_boxed {
            parse_boxed_block(body)
        } else {
            parse_block(body)
        };
        let body = block.map_or_else(|| Body::Made(name_type(declared)), Body::Block);
        Some(Form {
            output: Some(output),
            future: Some(Future { is_boxed, body }),
        })
    }
}

/// Returns the type if it can be named.
fn name_type(ty: &Type) -> Option<TokenStream> {
    let tokens = ty.to_token_stream();
    let is_opaque = find_ident(tokens.clone(), &|ident| ident == "impl").is_some();
    (!is_opaque).then_some(tokens)
}

/// Returns the output of the future that a type stands for, and true if that lies in a box.
fn find_future(ty: &Type) -> Option<(Type, bool)> {
    match peel_type(ty) {
        Type::ImplTrait(opaque) => {
            let is_unpin = |bound: &TypeParamBound| match bound {
                TypeParamBound::Trait(bound) => bound.path.is_ident("Unpin"),
                _ => false,
            };
            Some((
                find_output(&opaque.bounds)?,
                opaque.bounds.iter().any(is_unpin),
            ))
        }
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            let output = match name.as_str() {
                "Pin" => find_pinned_output(last)?,
                "BoxFuture" | "LocalBoxFuture" => type_arguments(last).last()?.clone(),
                // An alias, or so it seems.
                _ if name.ends_with("Future") || name.ends_with("Fut") => {
                    parse_quote!(<#ty as ::core::future::Future>::Output)
                }
                _ => return None,
            };
            Some((output, true))
        }
        _ => None,
    }
}

/// Returns the `T` of `Pin<Box<dyn Future<Output = T>>>`.
fn find_pinned_output(pin: &PathSegment) -> Option<Type> {
    let Type::Path(inner) = peel_type(type_arguments(pin).next()?) else {
        return None;
    };
    let inner = inner.path.segments.last()?;
    if inner.ident != "Box" {
        return None;
    }
    match peel_type(type_arguments(inner).next()?) {
        Type::TraitObject(object) => find_output(&object.bounds),
        Type::ImplTrait(opaque) => find_output(&opaque.bounds),
        _ => None,
    }
}

/// Returns the `T` of `Future<Output = T>` among bounds.
fn find_output(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    let future = bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .filter(|last| last.ident == "Future"),
        _ => None,
    })?;
    let PathArguments::AngleBracketed(arguments) = &future.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(associated) if associated.ident == "Output" => {
            Some(associated.ty.clone())
        }
        _ => None,
    })
}

/// Parses `async move { … }`, if `tokens` are that and nothing else.
fn parse_block(tokens: TokenStream) -> Option<AsyncBlock> {
    let tokens = peel_tokens(tokens);
    let (inside, before) = match tokens.as_slice() {
        [before, TokenTree::Group(group)] => (group, [Some(before), None]),
        [before, second, TokenTree::Group(group)] => (group, [Some(before), Some(second)]),
        _ => return None,
    };
    let [first, second] = before.map(|token| token.map(ToString::to_string));
    let is_block = first.as_deref() == Some("async")
        && second.is_none_or(|second| second == "move")
        && inside.delimiter() == Delimiter::Brace;
    is_block.then(|| AsyncBlock {
        by: TokenStream::new(),
        inside: inside.stream(),
        then: TokenStream::new(),
    })
}

/// Parses `Box::pin(async move { … })` or `async move { … }.boxed()`.
fn parse_boxed_block(tokens: TokenStream) -> Option<AsyncBlock> {
    let tokens = peel_tokens(tokens);
    let (arguments, before) = tokens.split_last()?;
    let TokenTree::Group(arguments) = arguments else {
        return None;
    };
    let (name, before) = before.split_last()?;
    let name = name.to_string();
    if arguments.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    if name == "pin" && is_box(before) {
        let by = tokens.iter().take(tokens.len().saturating_sub(1));
        return Some(AsyncBlock {
            by: by.cloned().collect(),
            ..parse_block(arguments.stream())?
        });
    }
    let (dot, before) = before.split_last()?;
    let is_call = dot.to_string() == "."
        && matches!(name.as_str(), "boxed" | "boxed_local")
        && arguments.stream().is_empty();
    let then = tokens.iter().skip(before.len());
    is_call.then_some(AsyncBlock {
        then: then.cloned().collect(),
        ..parse_block(before.iter().cloned().collect())?
    })
}

/// Returns true for the path `Box::`, wherever that comes from.
fn is_box(path: &[TokenTree]) -> bool {
    let is_path = path.iter().all(|token| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(colon) => colon.as_char() == ':',
        _ => false,
    });
    let last = path.iter().rev().find_map(|token| match token {
        TokenTree::Ident(last) => Some(last),
        _ => None,
    });
    is_path && last.is_some_and(|last: &Ident| last == "Box")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ty: &Type) -> String {
        ty.to_token_stream().to_string()
    }

    #[test]
    fn a_future_is_told_by_its_type() {
        let check = |ty: &str, expected: Option<(&str, bool)>| {
            let found = find_future(&syn::parse_str(ty).unwrap());
            let found = found.map(|(output, is_boxed)| (text(&output), is_boxed));
            let expected = expected.map(|(output, is_boxed)| {
                let output: Type = syn::parse_str(output).unwrap();
                (text(&output), is_boxed)
            });
            assert_eq!(found, expected, "{ty}");
        };
        check("impl Future<Output = u64>", Some(("u64", false)));
        check(
            "impl Send + core::future::Future<Output = Result<(), E>> + use<'a> + 'a",
            Some(("Result<(), E>", false)),
        );
        check("impl Future<Output = u64> + Unpin", Some(("u64", true)));
        check(
            "::core::pin::Pin<Box<dyn ::core::future::Future<Output = u64> + Send + 'async_trait>>",
            Some(("u64", true)),
        );
        check(
            "Pin<Box<(dyn Future<Output = u64> + Send)>>",
            Some(("u64", true)),
        );
        check(
            "futures::future::BoxFuture<'a, Option<u64>>",
            Some(("Option<u64>", true)),
        );
        check(
            "LoadFut<'_>",
            Some(("<LoadFut<'_> as ::core::future::Future>::Output", true)),
        );
        for other in [
            "u64",
            "impl Display",
            "Pin<Box<u64>>",
            "Box<dyn Future<Output = u64>>",
            "impl Future",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn a_body_of_one_async_block_is_opened() {
        let open = |open: fn(TokenStream) -> Option<AsyncBlock>, body: &str| {
            let block = open(body.parse().unwrap())?;
            Some([block.by, block.inside, block.then].map(|tokens| tokens.to_string()))
        };
        let parts = |by: &str, then: &str| Some([by.to_owned(), "1".to_owned(), then.to_owned()]);
        assert_eq!(open(parse_block, "async move { 1 }"), parts("", ""));
        assert_eq!(open(parse_block, "async { 1 }"), parts("", ""));
        let pinned = open(parse_boxed_block, "Box::pin(async move { 1 })");
        assert_eq!(pinned, parts("Box :: pin", ""));
        let pinned = open(parse_boxed_block, "::std::boxed::Box::pin(async { 1 })");
        assert_eq!(pinned, parts(":: std :: boxed :: Box :: pin", ""));
        let boxed = open(parse_boxed_block, "async move { 1 }.boxed()");
        assert_eq!(boxed, parts("", ". boxed ()"));
        let boxed = open(parse_boxed_block, "async { 1 }.boxed_local()");
        assert_eq!(boxed, parts("", ". boxed_local ()"));
        for other in [
            "ready(1)",
            "let a = 1; async move { a }",
            "Box::pin(ready(1))",
            "Arc::pin(async { 1 })",
            "async { 1 }.shared()",
            "",
        ] {
            assert_eq!(open(parse_block, other), None, "{other}");
            assert_eq!(open(parse_boxed_block, other), None, "{other}");
        }
    }
}
