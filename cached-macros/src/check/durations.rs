//! Durations, and the names in them: all but a closure are fixed at compile time.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Expr, GenericParam, Ident, Signature};

use super::closures::{VALUE, check_closure};
use super::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::parse::args::{Args, Written};
use crate::syntax::duration::{DurationExpr, parse_duration};
use crate::syntax::groups::peel_expr;
use crate::syntax::tokens::{find_ident, find_use};

/// The durations of a cached function, most of them with their keywords.
pub(crate) struct Durations {
    pub(crate) ttl: Option<DurationExpr>,
    pub(crate) cache_none: Option<(Span, DurationExpr)>,
    pub(crate) cache_err: Option<(Span, DurationExpr)>,
    pub(crate) stale_if_error: Option<(Span, DurationExpr)>,
    pub(crate) stale_while_revalidate: Option<(Span, DurationExpr)>,
}

/// Checks all durations among the arguments.
pub(super) fn check_durations(
    args: &Args,
    signature: &Signature,
    parameters: &[Parameter],
    errors: &mut Errors,
) -> Durations {
    let names = CallNames::of(signature, parameters);
    let ttl = args.ttl.as_ref();
    let ttl = ttl.and_then(|ttl| names.check_duration(ttl, true, errors));
    let mut check = |written: Option<&Written<Expr>>| names.check_duration(written?, false, errors);
    Durations {
        ttl: ttl.map(|(_, ttl)| ttl),
        cache_none: check(args.cache_none.as_ref()),
        cache_err: check(args.cache_err.as_ref()),
        stale_if_error: check(args.stale_if_error.as_ref()),
        stale_while_revalidate: check(args.stale_while_revalidate.as_ref()),
    }
}

/// Names that mean something in a call only: they must not appear in something evaluated at compile time.
struct CallNames<'a> {
    types: Vec<Ident>,
    values: Vec<Ident>,
    parameters: &'a [Parameter],
}

impl<'a> CallNames<'a> {
    fn of(signature: &Signature, parameters: &'a [Parameter]) -> CallNames<'a> {
        let types = signature
            .generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                GenericParam::Type(parameter) => Some(parameter.ident.clone()),
                GenericParam::Const(parameter) => Some(parameter.ident.clone()),
                GenericParam::Lifetime(_) => None,
            });
        CallNames {
            types: types.collect(),
            values: parameters
                .iter()
                .flat_map(|parameter| parameter.names.iter().cloned())
                .collect(),
            parameters,
        }
    }

    /// Checks a duration, which the result may decide or not.
    fn check_duration(
        &self,
        written: &Written<Expr>,
        may_decide: bool,
        errors: &mut Errors,
    ) -> Option<(Span, DurationExpr)> {
        let keyword = written.keyword.to_string();
        let ttl = match errors.ok_or_report(parse_duration(&keyword, &written.value))? {
            known @ DurationExpr::Known(_) => known,
            DurationExpr::Closure(closure) if may_decide => {
                check_closure(&written.keyword, &closure, &VALUE, self.parameters, errors);
                DurationExpr::Closure(closure)
            }
            DurationExpr::Closure(closure) => {
                errors.report_on(
                    closure,
                    format!("`{keyword}` takes a fixed time: write `{keyword} = \"30s\"`"),
                );
                return None;
            }
            DurationExpr::Constant(constant) => {
                errors.ok_or_report(self.check_constant(&keyword, &constant, may_decide))?;
                DurationExpr::Constant(constant)
            }
        };
        Some((written.keyword.span(), ttl))
    }

    /// Reports names in a constant that the compiler cannot know.
    fn check_constant(&self, keyword: &str, constant: &Expr, may_decide: bool) -> syn::Result<()> {
        let fail = |span: Span, wrong: String| {
            let hint = if may_decide {
                format!("; write a constant, or `{keyword} = |value| …` to decide from the result")
            } else {
                "; write a constant".to_owned()
            };
            Err(syn::Error::new(span, wrong + &hint))
        };
        let tokens = constant.to_token_stream();
        if let Some(found) = find_ident(tokens.clone(), &|ident| {
            ident == "self" || ident == "Self" || self.types.contains(ident)
        }) {
            return fail(
                found.span(),
                format!("`{keyword}` is fixed at compile time and cannot name `{found}`"),
            );
        }
        if let Some(found) = find_use(tokens, &self.values) {
            return fail(
                found.span(),
                format!(
                    "`{keyword}` is fixed at compile time and cannot name the parameter `{found}`"
                ),
            );
        }
        if let Expr::Path(path) = peel_expr(constant)
            && let Some(last) = path.path.segments.last()
            && last
                .ident
                .unraw()
                .to_string()
                .chars()
                .any(char::is_lowercase)
        {
            let name = path.to_token_stream().to_string().replace(' ', "");
            let message = if may_decide {
                format!("`{name}` looks like a function: write `{keyword} = |value| {name}(value)`")
            } else {
                format!(
                    "`{name}` looks like a function: write a time, such as `{keyword} = \"30s\"`"
                )
            };
            return Err(syn::Error::new_spanned(constant, message));
        }
        Ok(())
    }
}
