//! The parameters of the function, and those of them that are skipped.

use quote::ToTokens as _;
use syn::{FnArg, Ident, Pat, Receiver, Signature, Type};

use crate::diagnostics::{Errors, find_closest};
use crate::parse::args::Written;
use crate::syntax::binding::collect_bindings;
use crate::syntax::tokens::find_ident;

/// A parameter other than `self`.
pub(super) struct Parameter {
    pub(super) pattern: Pat,
    pub(super) ty: Type,
    /// The names that the pattern binds, and those of them that are skipped.
    pub(super) names: Vec<Ident>,
    pub(super) skipped: Vec<Ident>,
    /// All of it is skipped.
    pub(super) is_skipped: bool,
}

/// Reads the parameters and applies what the attribute skips; returns true beside them if that is `self`, too.
pub(super) fn check_parameters(
    signature: &Signature,
    skips: &[bool],
    skip: Option<&Written<Vec<Ident>>>,
    errors: &mut Errors,
) -> (Vec<Parameter>, bool) {
    let receiver = signature.receiver();
    let mut parameters = read_parameters(signature, skips, errors);
    let mut skips_self = receiver.is_some() && skips.first().is_some_and(|skip| *skip);
    apply_skip(skip, receiver, &mut parameters, &mut skips_self, errors);
    (parameters, skips_self)
}

/// Reads the parameters, of which `skips` says whether they are skipped.
pub(super) fn read_parameters(
    signature: &Signature,
    skips: &[bool],
    errors: &mut Errors,
) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (parameter, &is_skipped) in signature.inputs.iter().zip(skips) {
        if let FnArg::Typed(typed) = parameter {
            let mut names = Vec::new();
            errors.ok_or_report(collect_bindings(&typed.pat, &mut names));
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

/// Applies `skip(…)`.
fn apply_skip(
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
            let message = no_parameter_message(name, receiver, parameters);
            errors.report_on(name, message);
            skip_closest(name, parameters);
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

/// Skips what a misspelt name meant all the same, so that callers of the companions hear nothing of it.
fn skip_closest(name: &Ident, parameters: &mut [Parameter]) {
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

/// Writes a message about a name that no parameter has.
pub(super) fn no_parameter_message(
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

/// Returns true for a parameter written `impl Trait` that is part of the key.
pub(super) fn is_opaque(parameter: &Parameter) -> bool {
    !parameter.is_skipped
        && find_ident(parameter.ty.to_token_stream(), &|ident| ident == "impl").is_some()
}
