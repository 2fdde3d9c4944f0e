//! What was written between the parentheses of an attribute, every keyword with its span.

mod block;
mod cached;
mod invalidates;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token};

pub(crate) use self::block::BlockArgs;
pub(crate) use self::cached::{Args, is_skip};
pub(crate) use self::invalidates::{InvalidatesArgs, On, Target};
use crate::diagnostics::{Errors, find_closest};
use crate::syntax::groups::peel_expr;

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
    /// What can be written without a keyword.
    besides: &'a str,
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
        find_closest(&keyword.unraw().to_string(), known)
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
                "unknown argument `{written}`: the arguments are {}{}",
                self.besides,
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
    errors: &mut Errors,
    mut argument: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let mut has_failed = false;
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = argument(input, errors) {
                has_failed = true;
                errors.report(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                errors.report_at(input.span(), "expected `,` and the next argument, or `)`");
                skip_to_comma(input);
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    })
    .parse2(tokens);
    // What was left of an argument in brackets that could not be read is no other mistake.
    if let Err(error) = parsed
        && !has_failed
    {
        errors.report(error);
    }
}

/// Where the expansion finds the runtime.
fn runtime(written: Option<&Written<Path>>) -> TokenStream {
    let path = written.map(|path| path.value.to_token_stream());
    path.unwrap_or_else(|| quote!(::cached_core))
}

fn put<T>(place: &mut Option<Written<T>>, keyword: Ident, value: T, errors: &mut Errors) {
    if place.is_some() {
        errors.report_at(
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

/// Reads the `=` that belongs between a keyword and what it says.
fn equals(input: ParseStream<'_>, keyword: &Ident, example: &str) -> syn::Result<()> {
    let is_end = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    if input.peek(Token![=]) && !input.peek(Token![==]) {
        input.parse::<Token![=]>()?;
        if !is_end(input) {
            return Ok(());
        }
    } else if !is_end(input) {
        let example = in_parentheses(input, keyword).unwrap_or_else(|| example.to_owned());
        let message = format!("the value of `{keyword}` follows a `=`: write `{example}`");
        return Err(syn::Error::new(keyword.span(), message));
    }
    Err(valueless(keyword, example))
}

/// What was written as `ttl("5m")`, as it is to be written.
fn in_parentheses(input: ParseStream<'_>, keyword: &Ident) -> Option<String> {
    let group: Group = input.fork().parse().ok()?;
    let written = group.stream();
    let is_one = written.clone().into_iter().count() == 1;
    let brackets = if keyword == "tags" {
        ["[", "]"]
    } else {
        ["", ""]
    };
    let [open, close] = brackets;
    is_one.then(|| format!("{keyword} = {open}{written}{close}"))
}

fn valueless(keyword: &Ident, example: &str) -> syn::Error {
    let message = format!("`{keyword}` needs a value: write `{example}`");
    syn::Error::new(keyword.span(), message)
}

/// An expression behind `=`.
fn value(input: ParseStream<'_>, example: &str) -> syn::Result<Expr> {
    let start = input.span();
    input.parse().map_err(|_| unfinished(start, example))
}

fn unfinished(at: Span, example: &str) -> syn::Error {
    syn::Error::new(at, format!("expected an expression: write `{example}`"))
}

fn text(input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let written = value(input, example)?;
    literal(&written).ok_or_else(|| {
        let message = format!("expected a string: write `{example}`");
        syn::Error::new_spanned(&written, message)
    })
}

/// Strings in brackets.
fn texts(
    input: ParseStream<'_>,
    keyword: &Ident,
    example: &str,
    errors: &mut Errors,
) -> syn::Result<Vec<LitStr>> {
    if !input.peek(syn::token::Bracket) {
        let written = value(input, example)?;
        let meant =
            literal(&written).map(|text| format!("{keyword} = [{}]", text.to_token_stream()));
        let example = meant.as_deref().unwrap_or(example);
        let message = format!("expected strings in brackets: write `{example}`");
        return Err(syn::Error::new_spanned(&written, message));
    }
    let content;
    let brackets = syn::bracketed!(content in input);
    let texts = Punctuated::<Expr, Token![,]>::parse_terminated(&content)
        .map_err(|_| unfinished(brackets.span.join(), example))?;
    if texts.is_empty() {
        let message = format!("`{keyword}` names nothing: leave it out, or write `{example}`");
        return Err(syn::Error::new(brackets.span.join(), message));
    }
    let mut read = Vec::new();
    for written in &texts {
        match literal(written) {
            Some(text) => read.push(text),
            None => errors.report_on(written, format!("expected a string: write `{example}`")),
        }
    }
    Ok(read)
}

/// A string that stands there as it is.
fn literal(written: &Expr) -> Option<LitStr> {
    match peel_expr(written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.clone()),
        _ => None,
    }
}

fn path(input: ParseStream<'_>, example: &str) -> syn::Result<Path> {
    if let Ok(quoted) = input.fork().parse::<LitStr>() {
        input.parse::<LitStr>()?;
        let meant = quoted.parse_with(Path::parse_mod_style).ok();
        let example = match meant {
            Some(_) => format!("crate = {}", quoted.value()),
            None => example.to_owned(),
        };
        let message = format!("expected a path without quotes: write `{example}`");
        return Err(syn::Error::new(quoted.span(), message));
    }
    input.call(Path::parse_mod_style).map_err(|error| {
        let message = format!("expected a path: write `{example}`");
        syn::Error::new(error.span(), message)
    })
}
