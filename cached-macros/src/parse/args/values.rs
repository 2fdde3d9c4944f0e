//! The values of arguments: expressions, texts and paths.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token};

use super::grammar::Written;
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_expr;

/// Writes the path at which the expansion finds the runtime.
pub(super) fn quote_runtime(written: Option<&Written<Path>>) -> TokenStream {
    let path = written.map(|path| path.value.to_token_stream());
    path.unwrap_or_else(|| quote!(::cached_core))
}

/// Parses an expression behind `=`.
pub(super) fn parse_value(input: ParseStream<'_>, example: &str) -> syn::Result<Expr> {
    let start = input.span();
    input
        .parse()
        .map_err(|_| unfinished_value_error(start, example))
}

fn unfinished_value_error(at: Span, example: &str) -> syn::Error {
    syn::Error::new(at, format!("expected an expression: write `{example}`"))
}

/// Parses a string.
pub(super) fn parse_text(input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let written = parse_value(input, example)?;
    as_text(&written).ok_or_else(|| {
        let message = format!("expected a string: write `{example}`");
        syn::Error::new_spanned(&written, message)
    })
}

/// Parses strings in brackets.
pub(super) fn parse_texts(
    input: ParseStream<'_>,
    keyword: &Ident,
    example: &str,
    errors: &mut Errors,
) -> syn::Result<Vec<LitStr>> {
    if !input.peek(syn::token::Bracket) {
        let written = parse_value(input, example)?;
        let meant =
            as_text(&written).map(|text| format!("{keyword} = [{}]", text.to_token_stream()));
        let example = meant.as_deref().unwrap_or(example);
        let message = format!("expected strings in brackets: write `{example}`");
        return Err(syn::Error::new_spanned(&written, message));
    }
    let content;
    let brackets = syn::bracketed!(content in input);
    let texts = Punctuated::<Expr, Token![,]>::parse_terminated(&content)
        .map_err(|_| unfinished_value_error(brackets.span.join(), example))?;
    if texts.is_empty() {
        let message = format!("`{keyword}` names nothing: leave it out, or write `{example}`");
        return Err(syn::Error::new(brackets.span.join(), message));
    }
    let mut read = Vec::new();
    for written in &texts {
        match as_text(written) {
            Some(text) => read.push(text),
            None => errors.report_on(written, format!("expected a string: write `{example}`")),
        }
    }
    Ok(read)
}

/// Returns the string that stands there as it is.
pub(super) fn as_text(written: &Expr) -> Option<LitStr> {
    match peel_expr(written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.clone()),
        _ => None,
    }
}

/// Parses a path without quotes.
pub(super) fn parse_path(input: ParseStream<'_>, example: &str) -> syn::Result<Path> {
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
