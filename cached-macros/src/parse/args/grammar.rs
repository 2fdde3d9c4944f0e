//! The grammar of an attribute's arguments: keywords with values, between commas.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::Token;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};

use crate::diagnostics::{Errors, find_closest};

/// An argument: its keyword, for messages, and what it says.
#[derive(Clone)]
pub(crate) struct Written<T> {
    pub(crate) keyword: Ident,
    pub(crate) value: T,
}

/// The arguments that an attribute has.
pub(super) struct Grammar<'a> {
    /// Each keyword with how it is written, for messages.
    pub(super) known: &'a [(&'static str, &'static str)],
    /// What other caches call our arguments, and what to write here.
    pub(super) elsewhere: &'a [(&'static str, &'static str)],
    /// What can be written without a keyword.
    pub(super) besides: &'a str,
}

impl Grammar<'_> {
    /// How the argument of this keyword is written, if there is one.
    pub(super) fn example(&self, keyword: &Ident) -> syn::Result<&'static str> {
        let found = self.known.iter().find(|(known, _)| keyword == known);
        found
            .map(|(_, example)| *example)
            .ok_or_else(|| self.unknown(keyword))
    }

    /// The keyword that this one is or is close to.
    pub(super) fn meant(&self, keyword: &Ident) -> Option<&'static str> {
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
pub(super) fn read(
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

pub(super) fn put<T>(
    place: &mut Option<Written<T>>,
    keyword: Ident,
    value: T,
    errors: &mut Errors,
) {
    if place.is_some() {
        errors.report_at(
            keyword.span(),
            format!("`{keyword}` is given twice: keep one of them"),
        );
    } else {
        *place = Some(Written { keyword, value });
    }
}

pub(super) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Reads the `=` that belongs between a keyword and what it says.
pub(super) fn equals(input: ParseStream<'_>, keyword: &Ident, example: &str) -> syn::Result<()> {
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

pub(super) fn valueless(keyword: &Ident, example: &str) -> syn::Error {
    let message = format!("`{keyword}` needs a value: write `{example}`");
    syn::Error::new(keyword.span(), message)
}
