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

/// The keywords that an attribute knows.
pub(super) struct Grammar<'a> {
    /// Each keyword with an example, for messages.
    pub(super) known: &'a [(&'static str, &'static str)],
    /// Names that other caches give our arguments, and the words to write here.
    pub(super) elsewhere: &'a [(&'static str, &'static str)],
    /// Text about arguments without a keyword.
    pub(super) besides: &'a str,
}

impl Grammar<'_> {
    /// Returns an example of the argument of this keyword; an error if there is none.
    pub(super) fn find_example(&self, keyword: &Ident) -> syn::Result<&'static str> {
        let found = self.known.iter().find(|(known, _)| keyword == known);
        found
            .map(|(_, example)| *example)
            .ok_or_else(|| self.unknown_error(keyword))
    }

    /// Finds the keyword that this one is or is close to.
    pub(super) fn find_meant(&self, keyword: &Ident) -> Option<&'static str> {
        let known = self.known.iter().map(|(known, _)| *known);
        find_closest(&keyword.unraw().to_string(), known)
    }

    fn unknown_error(&self, keyword: &Ident) -> syn::Error {
        let written = keyword.unraw().to_string();
        let known = self.known.iter().map(|(known, _)| *known);
        let elsewhere = self.elsewhere.iter().find(|(name, _)| *name == written);
        let meant = elsewhere
            .map(|(_, meant)| (*meant).to_owned())
            .or_else(|| self.find_meant(keyword).map(|meant| format!("`{meant}`")));
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

/// Parses arguments between commas; after one that cannot be parsed, the next.
pub(super) fn parse_arguments(
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
    // What was left of an argument in brackets that could not be parsed is no other error.
    if let Err(error) = parsed
        && !has_failed
    {
        errors.report(error);
    }
}

/// Sets the value of an argument; an error if it has one.
pub(super) fn set_once<T>(
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

/// Passes over the rest of an argument.
pub(super) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Parses the `=` that belongs between a keyword and its value.
pub(super) fn expect_equals(
    input: ParseStream<'_>,
    keyword: &Ident,
    example: &str,
) -> syn::Result<()> {
    let is_end = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    if input.peek(Token![=]) && !input.peek(Token![==]) {
        input.parse::<Token![=]>()?;
        if !is_end(input) {
            return Ok(());
        }
    } else if !is_end(input) {
        let example = respell_parentheses(input, keyword).unwrap_or_else(|| example.to_owned());
        let message = format!("the value of `{keyword}` follows a `=`: write `{example}`");
        return Err(syn::Error::new(keyword.span(), message));
    }
    Err(missing_value_error(keyword, example))
}

/// Writes `ttl("5m")` as it is to be written.
fn respell_parentheses(input: ParseStream<'_>, keyword: &Ident) -> Option<String> {
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

/// Returns the error for a keyword without a value.
pub(super) fn missing_value_error(keyword: &Ident, example: &str) -> syn::Error {
    let message = format!("`{keyword}` needs a value: write `{example}`");
    syn::Error::new(keyword.span(), message)
}
