//! The annotated function as written: its body stays tokens that nobody reads.

mod rewrite;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, FnArg, LitStr, Signature, Token, Visibility, token};

pub(crate) use self::rewrite::quote_attribute;
use crate::diagnostics::Errors;
use crate::parse::args::is_skip;

/// A function as written.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `#![...]` at the top of the body.
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) body: TokenStream,
    /// The body with its braces, as written, so that what is wrong in there is told once.
    braces: TokenTree,
}

impl Item {
    /// Parses the function that `attribute` stands on.
    pub(crate) fn parse(attribute: &str, tokens: TokenStream) -> syn::Result<Self> {
        (|input: ParseStream<'_>| Item::parse_next(attribute, input)).parse2(tokens)
    }

    /// Parses a function as [`parse`](Self::parse) does, where more may follow.
    pub(crate) fn parse_next(attribute: &str, input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        expect_function(attribute, input)?;
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(
                input.error("a method without a body runs nothing: annotate its implementation")
            );
        }
        if !input.peek(token::Brace) {
            return Err(input.error("expected the braces of the body"));
        }
        let braces: TokenTree = input.parse()?;
        let body = |input: ParseStream<'_>| {
            let inner = input.call(Attribute::parse_inner)?;
            Ok((inner, input.parse()?))
        };
        let (inner_attributes, body) = body.parse2(open_braces(braces.clone()))?;
        Ok(Item {
            attributes,
            visibility,
            signature,
            inner_attributes,
            body,
            braces,
        })
    }

    /// Returns the place of the body.
    pub(crate) fn body_span(&self) -> Span {
        self.braces.span()
    }
}

/// Opens the braces, which may be in invisible ones that a `macro_rules!` put around them.
fn open_braces(braces: TokenTree) -> TokenStream {
    match braces {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let braces = group.stream().into_iter().next();
            braces.map(open_braces).unwrap_or_default()
        }
        TokenTree::Group(group) => group.stream(),
        _ => TokenStream::new(),
    }
}

/// Returns an error that says what the attribute is for, where no function follows.
fn expect_function(attribute: &str, input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let is_qualifier = |ahead: ParseStream<'_>| {
        ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(LitStr)
    };
    while is_qualifier(&ahead) {
        ahead.parse::<TokenTree>()?;
    }
    if ahead.peek(Token![fn]) {
        return Ok(());
    }
    let is_cached = attribute == "cached";
    let belongs = if ahead.peek(Token![impl]) {
        "belongs on methods: write it above each in the `impl` that it is for"
    } else if ahead.peek(Token![trait]) && is_cached {
        "belongs where the methods have their bodies: write it above an `impl` of the trait, and above its methods there"
    } else if ahead.peek(Token![trait]) {
        "belongs where the methods have their bodies: write it above them in an `impl` of the trait"
    } else if ahead.peek(Token![mod]) {
        "belongs on functions: write it above each in the module that it is for"
    } else if is_cached {
        "belongs on an async function or method, or on an `impl` with such methods"
    } else {
        "belongs on an async function or method"
    };
    Err(input.error(format!("`#[{attribute}]` {belongs}")))
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Item {
            attributes,
            visibility,
            signature,
            braces,
            ..
        } = self;
        tokens.extend(quote!(#(#attributes)* #visibility #signature #braces));
    }
}

impl Item {
    /// Returns true if the body ends where nothing can. The compiler has said so, and would say it again of an
    /// expansion.
    pub(crate) fn is_unfinished(&self) -> bool {
        let mut last = None;
        let mut before = None;
        for token in self.body.clone() {
            before = last.replace(token);
        }
        let is_dot =
            |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '.');
        match &last {
            Some(TokenTree::Punct(punct)) => match punct.as_char() {
                // `id?`, `all::<T>`
                ';' | '?' | '>' => false,
                // `1..`
                '.' => !before.as_ref().is_some_and(is_dot),
                _ => true,
            },
            _ => false,
        }
    }

    /// Takes `#[cached(skip)]` off the parameters, and returns true for each that had it.
    pub(crate) fn take_skips(&mut self, errors: &mut Errors) -> Vec<bool> {
        let take = |parameter: &mut FnArg| {
            let attributes = match parameter {
                FnArg::Receiver(receiver) => &mut receiver.attrs,
                FnArg::Typed(typed) => &mut typed.attrs,
            };
            let mut skipped = false;
            attributes.retain(|attribute| match is_skip(attribute) {
                Ok(is_skip) => {
                    skipped |= is_skip;
                    !is_skip
                }
                Err(error) => {
                    errors.report(error);
                    false
                }
            });
            skipped
        };
        self.signature.inputs.iter_mut().map(take).collect()
    }
}
