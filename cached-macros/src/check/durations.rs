//! Times and closures: what they may name.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Expr, GenericParam, Ident, Signature};

use super::closures::{VALUE, check_closure};
use super::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::parse::args::Written;
use crate::syntax::duration::{self, DurationExpr};
use crate::syntax::groups::peel_expr;
use crate::syntax::tokens::{find, mentioned};

/// Names that must not appear in something evaluated at compile time.
pub(crate) struct Names<'a> {
    types: Vec<Ident>,
    values: Vec<Ident>,
    parameters: &'a [Parameter],
}

impl<'a> Names<'a> {
    pub(crate) fn of(signature: &Signature, parameters: &'a [Parameter]) -> Names<'a> {
        let types = signature
            .generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                GenericParam::Type(parameter) => Some(parameter.ident.clone()),
                GenericParam::Const(parameter) => Some(parameter.ident.clone()),
                GenericParam::Lifetime(_) => None,
            });
        Names {
            types: types.collect(),
            values: parameters
                .iter()
                .flat_map(|parameter| parameter.names.iter().cloned())
                .collect(),
            parameters,
        }
    }

    pub(crate) fn ttl(
        &self,
        written: &Written<Expr>,
        may_decide: bool,
        errors: &mut Errors,
    ) -> Option<(Span, DurationExpr)> {
        let keyword = written.keyword.to_string();
        let ttl = match errors.ok_or_report(duration::read(&keyword, &written.value))? {
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
                errors.ok_or_report(self.constant(&keyword, &constant, may_decide))?;
                DurationExpr::Constant(constant)
            }
        };
        Some((written.keyword.span(), ttl))
    }

    /// A time that the result does not decide.
    pub(crate) fn fixed(
        &self,
        written: Option<&Written<Expr>>,
        errors: &mut Errors,
    ) -> Option<(Span, DurationExpr)> {
        self.ttl(written?, false, errors)
    }

    fn constant(&self, keyword: &str, constant: &Expr, may_decide: bool) -> syn::Result<()> {
        let fail = |span: Span, wrong: String| {
            let hint = if may_decide {
                format!("; write a constant, or `{keyword} = |value| …` to decide from the result")
            } else {
                "; write a constant".to_owned()
            };
            Err(syn::Error::new(span, wrong + &hint))
        };
        let tokens = constant.to_token_stream();
        if let Some(found) = find(tokens.clone(), &|ident| {
            ident == "self" || ident == "Self" || self.types.contains(ident)
        }) {
            return fail(
                found.span(),
                format!("`{keyword}` is fixed at compile time and cannot name `{found}`"),
            );
        }
        if let Some(found) = mentioned(tokens, &self.values) {
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
