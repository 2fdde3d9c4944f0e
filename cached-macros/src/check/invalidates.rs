//! `#[invalidates]` compared with its function.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, LitStr, Signature, Type, parse_quote};

use super::closures::{RETURNED, check_closure};
use super::form::Form;
use super::key::Component;
use super::parameters::{Parameter, read_parameters};
use super::placeholders::PlaceholderResolver;
use super::signature::check_form;
use super::typed_calls::{TypedCall, check_call_names, parse_function_call, parse_method_call};
use super::values::{check_cache, check_repeated};
use crate::diagnostics::Errors;
use crate::parse::args::{InvalidatesArgs, Target, When};
use crate::parse::item::Item;
use crate::syntax::template::TemplateKind;
use crate::syntax::types::infer_unnameable;

/// A function that invalidates, and what.
pub(crate) struct InvalidatingFn {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    pub(crate) form: Form,
    /// The type that a call gives, as far as it can be named.
    pub(crate) returns: Type,
    /// Known before the body runs.
    pub(crate) known: Vec<CheckedTarget>,
    /// Known once it has returned.
    pub(crate) returned: Vec<CheckedTemplate>,
    pub(crate) when: When,
    pub(crate) cache: Option<Expr>,
}

/// Something to invalidate.
pub(crate) enum CheckedTarget {
    Template(CheckedTemplate),
    Call(TypedCall),
}

/// A pattern or a tag.
pub(crate) struct CheckedTemplate {
    pub(crate) kind: TemplateKind,
    /// With the numbers of components in place of names: `user:{0}`.
    pub(crate) text: String,
    /// The values that fill it, in order; what the body returned comes last.
    pub(crate) components: Vec<Component>,
}

impl CheckedTemplate {
    /// Returns true if it names what the body returned.
    fn names_returned(&self) -> bool {
        let mut components = self.components.iter();
        components.any(|component| component.is_returned)
    }
}

/// Returns the expansion's name for the value that the body returned.
pub(crate) fn name_returned() -> Ident {
    Ident::new("__ret", Span::mixed_site())
}

impl InvalidatingFn {
    /// Compares the arguments with the function and reports every error. `None` exactly if there is one.
    pub(crate) fn check(
        args: InvalidatesArgs,
        mut item: Item,
        errors: &mut Errors,
    ) -> Option<InvalidatingFn> {
        let runtime = args.quote_runtime();
        let signature = &item.signature;
        let form = check_form("invalidates", &item, errors);
        let returns = form
            .as_ref()
            .and_then(|form| name_return_type(form, errors));
        let none_skipped = vec![false; signature.inputs.len()];
        let parameters = read_parameters(signature, &none_skipped, errors);
        let (templates, calls) = check_targets(&args, signature, &parameters, errors);
        check_cache(args.cache.as_ref(), errors);
        let when = args.on.map_or(When::Ok, |on| {
            if let When::Closure(closure) = &on.value {
                check_closure(&on.keyword, closure, &RETURNED, &parameters, errors);
            }
            on.value
        });
        let (form, returns) = form
            .zip(returns)
            .filter(|_| errors.is_empty() && !item.is_unfinished())?;
        item.allow_expected();
        let (returned, known): (Vec<_>, Vec<_>) = templates
            .into_iter()
            .partition(CheckedTemplate::names_returned);
        let known = known.into_iter().map(CheckedTarget::Template);
        Some(InvalidatingFn {
            runtime,
            form,
            returns,
            known: known
                .chain(calls.into_iter().map(CheckedTarget::Call))
                .collect(),
            returned,
            when,
            cache: args.cache.map(|cache| cache.value),
            item,
        })
    }
}

/// Checks all that is named to be invalidated: patterns and tags, and calls.
fn check_targets(
    args: &InvalidatesArgs,
    signature: &Signature,
    parameters: &[Parameter],
    errors: &mut Errors,
) -> (Vec<CheckedTemplate>, Vec<TypedCall>) {
    let tags = args.tags.as_ref();
    let tags = tags.map_or(&[] as &[LitStr], |tags| &tags.value);
    check_repeated("tag", tags, errors);
    let patterns = args.targets.iter().filter_map(|target| match target {
        Target::Pattern(pattern) => Some(pattern.clone()),
        Target::Function(_) | Target::Method(_) => None,
    });
    check_repeated("pattern", &patterns.collect::<Vec<_>>(), errors);

    let mut check =
        |kind, literal: &LitStr| check_template(kind, literal, signature, parameters, errors);
    let mut templates = Vec::new();
    let mut calls = Vec::new();
    for target in &args.targets {
        match target {
            Target::Pattern(pattern) => templates.extend(check(TemplateKind::Pattern, pattern)),
            Target::Function(call) => calls.push(parse_function_call(call)),
            Target::Method(call) => calls.push(parse_method_call(call)),
        }
    }
    for tag in tags {
        templates.extend(check(TemplateKind::Tag, tag));
    }
    let calls = calls
        .into_iter()
        .filter_map(|call| errors.ok_or_report(call));
    let calls: Vec<TypedCall> = calls.collect();
    check_call_names(&calls, parameters, errors);
    (templates, calls)
}

fn check_template(
    kind: TemplateKind,
    literal: &LitStr,
    signature: &Signature,
    parameters: &[Parameter],
    errors: &mut Errors,
) -> Option<CheckedTemplate> {
    let mut components = Vec::new();
    let mut resolver = PlaceholderResolver {
        receiver: signature.receiver(),
        skips_self: false,
        parameters,
        returned: Some(&name_returned()),
        components: &mut components,
        errors,
    };
    let text = resolver.resolve_template(kind, literal)?;
    Some(CheckedTemplate {
        kind,
        text,
        components,
    })
}

/// Returns the type that a call gives, as far as it can be named; an error for a function that never returns.
fn name_return_type(form: &Form, errors: &mut Errors) -> Option<Type> {
    match &form.output {
        None => Some(parse_quote!(())),
        Some(ty @ Type::Never(_)) => {
            errors.report_on(
                ty,
                "a function that never returns is never done with what it changes: invalidate inside it, with `Cache::invalidate`",
            );
            None
        }
        Some(ty) => Some(infer_unnameable(ty.clone())),
    }
}
