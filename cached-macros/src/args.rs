//! What was written between the parentheses of an attribute, every keyword with its span.

mod block;
mod cached;
mod invalidates;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token};

pub(crate) use self::block::BlockArgs;
pub(crate) use self::cached::{Args, is_skip};
pub(crate) use self::invalidates::{InvalidatesArgs, On, Target};
use crate::duration::bare;
use crate::mistakes::{Mistakes, closest};

/// An argument: its keyword, for messages, and what it says.
#[derive(Clone)]
pub(crate) struct Written<T> {
    pub(crate) keyword: Ident,
    pub(crate) value: T,
}

/// The arguments that an attribute has.
struct Grammar<'a> {
    /// Each keyword with how it is written, for messages.
    known: &'a [(&'static str, &'static str)],
    /// What other caches call our arguments, and what to write here.
    elsewhere: &'a [(&'static str, &'static str)],
}

impl Grammar<'_> {
    /// How the argument of this keyword is written, if there is one.
    fn example(&self, keyword: &Ident) -> syn::Result<&'static str> {
        let found = self.known.iter().find(|(known, _)| keyword == known);
        found
            .map(|(_, example)| *example)
            .ok_or_else(|| self.unknown(keyword))
    }

    /// The keyword that this one is or is close to.
    fn meant(&self, keyword: &Ident) -> Option<&'static str> {
        let known = self.known.iter().map(|(known, _)| *known);
        closest(&keyword.unraw().to_string(), known)
    }

    fn unknown(&self, keyword: &Ident) -> syn::Error {
        let written = keyword.unraw().to_string();
        let known = self.known.iter().map(|(known, _)| *known);
        let elsewhere = self.elsewhere.iter().find(|(name, _)| *name == written);
        let meant = elsewhere
            .map(|(_, meant)| (*meant).to_owned())
            .or_else(|| self.meant(keyword).map(|meant| format!("`{meant}`")));
        let message = match meant {
            Some(meant) => format!("unknown argument `{written}`: did you mean {meant}?"),
            None => format!(
                "unknown argument `{written}`: the arguments are {}",
                known
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        syn::Error::new(keyword.span(), message)
    }
}

/// Reads arguments between commas; after one that cannot be read, the next.
fn read(
    tokens: TokenStream,
    mistakes: &mut Mistakes,
    mut argument: impl FnMut(ParseStream<'_>, &mut Mistakes) -> syn::Result<()>,
) {
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = argument(input, mistakes) {
                mistakes.add(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                mistakes.at(input.span(), "expected `,` and the next argument, or `)`");
                skip_to_comma(input);
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    })
    .parse2(tokens);
    if let Err(error) = parsed {
        mistakes.add(error);
    }
}

/// Where the expansion finds the runtime.
fn runtime(written: Option<&Written<Path>>) -> TokenStream {
    let path = written.map(|path| path.value.to_token_stream());
    path.unwrap_or_else(|| quote!(::cached_core))
}

fn put<T>(place: &mut Option<Written<T>>, keyword: Ident, value: T, mistakes: &mut Mistakes) {
    if place.is_some() {
        mistakes.at(
            keyword.span(),
            format!("`{keyword}` is given twice: keep one of them"),
        );
    } else {
        *place = Some(Written { keyword, value });
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Takes the rest of what could not be read, or it would be a mistake of its own.
fn pass_over(rest: ParseStream<'_>) {
    while rest.parse::<TokenTree>().is_ok() {}
}

/// Reads the `=` that belongs between a keyword and what it says.
fn equals(input: ParseStream<'_>, keyword: &Ident, example: &str) -> syn::Result<()> {
    if input.peek(Token![=]) && !input.peek(Token![==]) {
        input.parse::<Token![=]>()?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Ok(());
        }
    }
    Err(shape(keyword.span(), example))
}

fn shape(span: Span, example: &str) -> syn::Error {
    syn::Error::new(span, format!("write `{example}`"))
}

fn text(input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let written: Expr = input.parse()?;
    match bare(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Ok(text.clone()),
        _ => Err(syn::Error::new_spanned(
            &written,
            format!("expected a string: write `{example}`"),
        )),
    }
}

/// Strings in brackets.
fn texts(input: ParseStream<'_>, keyword: &Ident, example: &str) -> syn::Result<Vec<LitStr>> {
    let expected = || format!("expected strings in brackets: write `{example}`");
    if !input.peek(syn::token::Bracket) {
        let written: Expr = input.parse()?;
        return Err(syn::Error::new_spanned(&written, expected()));
    }
    let content;
    let brackets = syn::bracketed!(content in input);
    let texts = Punctuated::<Expr, Token![,]>::parse_terminated(&content)
        .inspect_err(|_| pass_over(&content))?;
    if texts.is_empty() {
        let message = format!("`{keyword}` names nothing: leave it out, or write `{example}`");
        return Err(syn::Error::new(brackets.span.join(), message));
    }
    let literal = |written: &Expr| match bare(written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Ok(text.clone()),
        _ => Err(syn::Error::new_spanned(written, expected())),
    };
    texts.iter().map(literal).collect()
}

fn path(input: ParseStream<'_>, example: &str) -> syn::Result<Path> {
    if let Ok(quoted) = input.fork().parse::<LitStr>() {
        input.parse::<LitStr>()?;
        return Err(syn::Error::new(
            quoted.span(),
            format!("expected a path without quotes: write `{example}`"),
        ));
    }
    input.call(Path::parse_mod_style)
}
