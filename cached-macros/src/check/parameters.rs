//! The parameters, which of them are skipped, and what is left for the key.

use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{Expr, FnArg, Ident, Lit, Pat, Receiver, Signature, Type};

use super::Component;
use crate::diagnostics::{Errors, find_closest};
use crate::parse::args::Written;
use crate::syntax::binding::bindings;
use crate::syntax::groups::peel_expr;
use crate::syntax::tokens::find;

pub(crate) struct Parameter {
    pub(crate) pattern: Pat,
    pub(crate) ty: Type,
    pub(crate) names: Vec<Ident>,
    pub(crate) skipped: Vec<Ident>,
    pub(crate) is_skipped: bool,
}

pub(crate) fn read_parameters(
    signature: &Signature,
    skips: &[bool],
    errors: &mut Errors,
) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (parameter, &is_skipped) in signature.inputs.iter().zip(skips) {
        if let FnArg::Typed(typed) = parameter {
            let mut names = Vec::new();
            errors.ok_or_report(bindings(&typed.pat, &mut names));
            let skipped = if is_skipped {
                names.clone()
            } else {
                Vec::new()
            };
            parameters.push(Parameter {
                pattern: (*typed.pat).clone(),
                ty: (*typed.ty).clone(),
                names,
                skipped,
                is_skipped,
            });
        }
    }
    parameters
}

pub(crate) fn apply_skip(
    skip: Option<&Written<Vec<Ident>>>,
    receiver: Option<&Receiver>,
    parameters: &mut [Parameter],
    skips_self: &mut bool,
    errors: &mut Errors,
) {
    for name in skip.iter().flat_map(|skip| &skip.value) {
        if name == "self" {
            if receiver.is_none() {
                errors.report_on(
                    name,
                    "there is no `self` here to skip: name a parameter, as in `skip(db)`",
                );
            } else if std::mem::replace(skips_self, true) {
                errors.report_on(name, "`self` is skipped twice: keep one of them");
            }
            continue;
        }
        let Some(parameter) = parameters
            .iter_mut()
            .find(|parameter| parameter.names.contains(name))
        else {
            let message = no_parameter(name, receiver, parameters);
            errors.report_on(name, message);
            skip_meant(name, parameters);
            continue;
        };
        if parameter.skipped.contains(name) {
            errors.report_on(name, format!("`{name}` is skipped twice: keep one of them"));
        } else {
            parameter.skipped.push(name.clone());
            parameter.is_skipped = parameter.skipped.len() == parameter.names.len();
        }
    }
}

/// What a misspelt name leaves out all the same, so that callers of the companions hear nothing of it.
fn skip_meant(name: &Ident, parameters: &mut [Parameter]) {
    let name = name.to_string();
    let is_meant = |parameter: &&mut Parameter| {
        let names: Vec<String> = parameter.names.iter().map(ToString::to_string).collect();
        find_closest(&name, names.iter().map(String::as_str)).is_some()
    };
    if let Some(meant) = parameters.iter_mut().find(is_meant) {
        meant.skipped.clone_from(&meant.names);
        meant.is_skipped = true;
    }
}

pub(crate) fn no_parameter(
    name: impl std::fmt::Display,
    receiver: Option<&Receiver>,
    parameters: &[Parameter],
) -> String {
    let name = name.to_string();
    let mut known: Vec<String> = receiver.iter().map(|_| "self".to_owned()).collect();
    known.extend(
        parameters
            .iter()
            .flat_map(|parameter| &parameter.names)
            .map(ToString::to_string),
    );
    if let Some(meant) = find_closest(&name, known.iter().map(String::as_str)) {
        format!("no parameter is called `{name}`: did you mean `{meant}`?")
    } else if known.is_empty() {
        format!("no parameter is called `{name}`: the function has none; leave this out")
    } else if known.iter().any(|name| name.starts_with("__arg")) {
        format!(
            "no parameter is called `{name}` any more, because `#[async_trait]` takes patterns away: give the parameter a name, and take it apart in the body"
        )
    } else {
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "no parameter is called `{name}`: there is {}",
            known.join(", ")
        )
    }
}

/// A literal says nothing about the call.
pub(crate) fn check_key(key: &Expr, parameters: &[Parameter], errors: &mut Errors) {
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

/// The arguments that are not skipped, or what `key = …` says instead.
pub(crate) fn key_components(
    key: Option<&Written<Expr>>,
    parameters: &[Parameter],
) -> Vec<Component> {
    if let Some(key) = key {
        let value = &key.value;
        return vec![Component {
            value: quote!((#value)),
            span: value.span(),
            is_returned: false,
        }];
    }
    parameters
        .iter()
        .flat_map(|parameter| {
            parameter
                .names
                .iter()
                .filter(|name| !parameter.skipped.contains(name))
        })
        .map(|name| Component {
            value: name.to_token_stream(),
            span: name.span(),
            is_returned: false,
        })
        .collect()
}

/// Written `impl Trait` and part of the key.
pub(crate) fn is_opaque(parameter: &Parameter) -> bool {
    !parameter.is_skipped
        && find(parameter.ty.to_token_stream(), &|ident| ident == "impl").is_some()
}
