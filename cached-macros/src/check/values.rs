//! Values of arguments that are wrong by themselves.

use quote::ToTokens as _;
use syn::{Expr, Lit, LitStr};

use super::closures::{VALUE, check_closure};
use super::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::parse::args::{Args, Written};
use crate::syntax::groups::peel_expr;

/// Checks all values of `#[cached]` that need nothing but names of parameters.
pub(super) fn check_values(args: &Args, parameters: &[Parameter], errors: &mut Errors) {
    if let Some(key) = &args.key {
        check_key_expr(&key.value, parameters, errors);
    }
    if let Some(cache_if) = &args.cache_if {
        check_closure(
            &cache_if.keyword,
            &cache_if.value,
            &VALUE,
            parameters,
            errors,
        );
    }
    check_cache(args.cache.as_ref(), errors);
    for (text, example) in [(&args.ttl_env, "PROFILE_TTL"), (&args.id, "profile")] {
        check_name(text.as_ref(), example, errors);
    }
}

/// Reports texts that are given twice.
pub(super) fn check_repeated(what: &str, given: &[LitStr], errors: &mut Errors) {
    for (position, literal) in given.iter().enumerate() {
        let mut before = given.iter().take(position);
        if before.any(|before| before.value() == literal.value()) {
            errors.report_on(
                literal,
                format!("this {what} is given twice: keep one of them"),
            );
        }
    }
}

/// Reports a text that is no name.
fn check_name(text: Option<&Written<LitStr>>, example: &str, errors: &mut Errors) {
    let Some(Written { keyword, value }) = text else {
        return;
    };
    let content = value.value();
    if content.is_empty() || content.contains(['=', '\0']) || content.contains(char::is_whitespace)
    {
        errors.report_on(
            value,
            format!(
                "`{keyword}` takes a name without spaces or `=`: write `{keyword} = \"{example}\"`"
            ),
        );
    }
}

/// Reports a literal, which is no cache.
pub(super) fn check_cache(cache: Option<&Written<Expr>>, errors: &mut Errors) {
    if let Some(cache) = cache
        && let Expr::Lit(literal) = peel_expr(&cache.value)
    {
        let message = "`cache` is an expression of type `Cache`: write `cache = self.cache`, or leave it out for the cache that is installed";
        errors.report_on(literal, message);
    }
}

/// Reports a literal, which says nothing about the call, and a closure.
fn check_key_expr(key: &Expr, parameters: &[Parameter], errors: &mut Errors) {
    let literal = match peel_expr(key) {
        Expr::Lit(literal) => literal,
        Expr::Closure(closure) => {
            let body = closure.body.to_token_stream();
            errors.report_on(
                key,
                format!("`key` is an expression of the parameters: write `key = {body}`"),
            );
            return;
        }
        _ => return,
    };
    let mut names = parameters
        .iter()
        .filter(|parameter| !parameter.is_skipped)
        .flat_map(|parameter| &parameter.names);
    let readable = match &literal.lit {
        Lit::Str(text) if text.value().contains('{') => Some(text.to_token_stream().to_string()),
        _ => None,
    };
    let hint = match (names.next(), readable) {
        (Some(name), Some(readable)) => {
            format!("write `key = {name}`, or `prefix = {readable}` for a readable part")
        }
        (Some(name), None) => {
            format!("write `key = {name}`, or `prefix = \"…{{{name}}}\"` for a readable part")
        }
        (None, _) => "leave it out, and write `prefix = \"…\"` for a readable part".to_owned(),
    };
    errors.report_on(
        key,
        format!(
            "a literal is the same in every call, and every call would share one entry: {hint}"
        ),
    );
}
