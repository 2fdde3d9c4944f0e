//! The annotated function as written: its body stays a heap of tokens that nothing here reads.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Attribute, FnArg, LitStr, Meta, Signature, Token, Visibility, parse_quote, token};

use crate::diagnostics::Errors;
use crate::parse::args::is_skip;
use crate::parse::attribute::mentions;

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `#![...]` at the top of the body.
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) body: TokenStream,
    /// All of it as written, so that what is wrong in there is told once.
    braces: TokenTree,
}

impl Item {
    /// Reads what `attribute` stands on.
    pub(crate) fn parse(attribute: &str, tokens: TokenStream) -> syn::Result<Self> {
        (|input: ParseStream<'_>| Item::read(attribute, input)).parse2(tokens)
    }

    /// As [`parse`](Self::parse), where more may follow.
    pub(crate) fn read(attribute: &str, input: ParseStream<'_>) -> syn::Result<Self> {
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
        let (inner_attributes, body) = body.parse2(inside(braces.clone()))?;
        Ok(Item {
            attributes,
            visibility,
            signature,
            inner_attributes,
            body,
            braces,
        })
    }
}

impl Item {
    /// Where the body is.
    pub(crate) fn body_span(&self) -> Span {
        self.braces.span()
    }
}

/// What is in the braces, which may be in invisible ones that a `macro_rules!` put around them.
fn inside(braces: TokenTree) -> TokenStream {
    match braces {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let braces = group.stream().into_iter().next();
            braces.map(inside).unwrap_or_default()
        }
        TokenTree::Group(group) => group.stream(),
        _ => TokenStream::new(),
    }
}

/// Says what the attribute is for, where no function follows.
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
    /// Whether the body ends where nothing can. The compiler has said so, and would say it again of an
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
}

impl Item {
    /// Takes `#[cached(skip)]` off the parameters; says for each parameter whether it was there.
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

    /// Writes `#[allow(…)]` for each `#[expect(…)]`: what the compiler says of the function as it is written, it need not
    /// say of what becomes of it.
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

    /// The function with `attribute` below its `#[invalidates(...)]`, if it has one, so that only a call
    /// whose body ran invalidates.
    ///
    /// ```text
    /// #[cached(ttl = 5)] #[invalidates("a")] async fn f(id: u64) {}
    /// // becomes
    /// #[invalidates("a")] #[cached(ttl = 5)] async fn f(id: u64) {}
    /// ```
    pub(crate) fn below_invalidates(&self, attribute: &TokenStream) -> Option<TokenStream> {
        let is_invalidates = |attribute: &Attribute| mentions(&attribute.meta, "invalidates");
        let position = self.attributes.iter().rposition(is_invalidates)?;
        let (above, below) = self
            .attributes
            .split_at_checked(position.saturating_add(1))?;
        let mut rest = self.clone();
        rest.attributes = below.to_vec();
        Some(quote!(#(#above)* #attribute #rest))
    }

    /// Two functions in place of one whose parameter is behind `#[cfg(...)]`: one with the
    /// parameter and one without it, each behind its condition and annotated again.
    ///
    /// ```text
    /// #[cached(ttl = 5)] async fn f(id: u64, #[cfg(x)] trace: Trace) {}
    /// // becomes
    /// #[cfg(x)] #[cached(ttl = 5)] async fn f(id: u64, trace: Trace) {}
    /// #[cfg(not(x))] #[cached(ttl = 5)] async fn f(id: u64) {}
    /// ```
    pub(crate) fn split_at_condition(&self, attribute: &TokenStream) -> Option<TokenStream> {
        let split = self
            .at_condition()?
            .map(|(condition, item)| quote!(#condition #attribute #item));
        Some(split.into_iter().collect())
    }

    /// The two functions, each with its condition.
    pub(crate) fn at_condition(&self) -> Option<[(Attribute, Item); 2]> {
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

/// `attribute` as it has to be written to annotate a function again.
pub(crate) fn again(
    runtime: &TokenStream,
    attribute: &str,
    arguments: &TokenStream,
) -> TokenStream {
    let attribute = Ident::new(attribute, Span::call_site());
    quote_spanned!(Span::call_site()=> #[#runtime::#attribute(#arguments)])
}
