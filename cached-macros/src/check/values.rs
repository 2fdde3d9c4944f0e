//! What can be seen of an argument by itself.

use syn::{Expr, LitStr};

use super::closures::{VALUE, check_closure};
use super::parameters::{Parameter, check_key};
use crate::diagnostics::Errors;
use crate::parse::args::{Args, Written};
use crate::syntax::groups::peel_expr;

pub(super) fn check_values(args: &Args, parameters: &[Parameter], errors: &mut Errors) {
    if let Some(key) = &args.key {
        check_key(&key.value, parameters, errors);
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
        check_text(text.as_ref(), example, errors);
    }
}

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

fn check_text(text: Option<&Written<LitStr>>, example: &str, errors: &mut Errors) {
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

/// No literal is a cache.
pub(super) fn check_cache(cache: Option<&Written<Expr>>, errors: &mut Errors) {
    if let Some(cache) = cache
        && let Expr::Lit(literal) = peel_expr(&cache.value)
    {
        let message = "`cache` is an expression of type `Cache`: write `cache = self.cache`, or leave it out for the cache that is installed";
        errors.report_on(literal, message);
    }
}
