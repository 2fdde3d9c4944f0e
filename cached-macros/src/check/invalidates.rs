//! `InvalidatingFn`: the arguments of `#[invalidates(...)]` compared with the function.

mod calls;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, LitStr, Signature, Type, parse_quote};

pub(crate) use self::calls::{Argument, Call};
use self::calls::{function, method};
use super::closures::{RETURNED, check_closure};
use super::parameters::{Parameter, read_parameters};
use super::placeholders::Reader;
use super::values::{check_cache, check_repeated};
use super::{Component, Form, check_form};
use crate::diagnostics::Errors;
use crate::parse::args::{InvalidatesArgs, On, Target};
use crate::parse::item::Item;
use crate::syntax::template::Kind;
use crate::syntax::types::inferred;

/// A function that invalidates, and what.
pub(crate) struct InvalidatingFn {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    pub(crate) form: Form,
    /// What a call gives, as far as its type can be named.
    pub(crate) returns: Type,
    /// Known before the body runs.
    pub(crate) known: Vec<Invalidated>,
    /// Known once it has returned.
    pub(crate) returned: Vec<Template>,
    pub(crate) when: When,
    pub(crate) cache: Option<Expr>,
}

/// Something to invalidate.
pub(crate) enum Invalidated {
    Template(Template),
    Call(Call),
}

/// A pattern or a tag.
pub(crate) struct Template {
    pub(crate) kind: Kind,
    /// With the numbers of components in place of names: `user:{0}`.
    pub(crate) text: String,
    /// What fills it, in order; what the body returned comes last.
    pub(crate) components: Vec<Component>,
}

pub(crate) enum When {
    Ok,
    Always,
    Asked(Expr),
}

/// The expansion's name for the value that the body returned.
pub(crate) fn returned_name() -> Ident {
    Ident::new("__ret", Span::mixed_site())
}

impl InvalidatingFn {
    /// Compares; every mistake found is noted. `None` exactly if there is one.
    pub(crate) fn check(
        args: InvalidatesArgs,
        mut item: Item,
        errors: &mut Errors,
    ) -> Option<InvalidatingFn> {
        let runtime = args.runtime();
        let signature = &item.signature;
        let form = check_form("invalidates", &item, errors);
        let returns = form.as_ref().and_then(|form| returned_type(form, errors));
        let none_skipped = vec![false; signature.inputs.len()];
        let parameters = read_parameters(signature, &none_skipped, errors);

        let tags = args.tags.map(|tags| tags.value).unwrap_or_default();
        check_repeated("tag", &tags, errors);
        let patterns = args.targets.iter().filter_map(|target| match target {
            Target::Pattern(pattern) => Some(pattern.clone()),
            Target::Function(_) | Target::Method(_) => None,
        });
        check_repeated("pattern", &patterns.collect::<Vec<_>>(), errors);

        let mut template =
            |kind, literal: &LitStr| template(kind, literal, signature, &parameters, errors);
        let mut all = Vec::new();
        let mut calls = Vec::new();
        for target in &args.targets {
            match target {
                Target::Pattern(pattern) => all.extend(template(Kind::Pattern, pattern)),
                Target::Function(call) => calls.push(function(call)),
                Target::Method(call) => calls.push(method(call)),
            }
        }
        for tag in &tags {
            all.extend(template(Kind::Tag, tag));
        }
        let calls = calls
            .into_iter()
            .filter_map(|call| errors.ok_or_report(call));
        let calls: Vec<Call> = calls.collect();
        calls::check_names(&calls, &parameters, errors);
        check_cache(args.cache.as_ref(), errors);
        let when = match args.on {
            None => When::Ok,
            Some(on) => match on.value {
                On::Ok => When::Ok,
                On::Always => When::Always,
                On::Asked(closure) => {
                    check_closure(&on.keyword, &closure, &RETURNED, &parameters, errors);
                    When::Asked(closure)
                }
            },
        };
        let (form, returns) = form
            .zip(returns)
            .filter(|_| errors.is_empty() && !item.is_unfinished())?;
        item.allow_expected();
        let names_returned = |template: &Template| {
            let mut components = template.components.iter();
            components.any(|component| component.is_returned)
        };
        let (returned, known): (Vec<_>, Vec<_>) = all.into_iter().partition(names_returned);
        let known = known.into_iter().map(Invalidated::Template);
        Some(InvalidatingFn {
            runtime,
            form,
            returns,
            known: known
                .chain(calls.into_iter().map(Invalidated::Call))
                .collect(),
            returned,
            when,
            cache: args.cache.map(|cache| cache.value),
            item,
        })
    }
}

fn template(
    kind: Kind,
    literal: &LitStr,
    signature: &Signature,
    parameters: &[Parameter],
    errors: &mut Errors,
) -> Option<Template> {
    let mut components = Vec::new();
    let mut reader = Reader {
        receiver: signature.receiver(),
        skips_self: false,
        parameters,
        returned: Some(&returned_name()),
        components: &mut components,
        errors,
    };
    let text = reader.template(kind, literal)?;
    Some(Template {
        kind,
        text,
        components,
    })
}

fn returned_type(form: &Form, errors: &mut Errors) -> Option<Type> {
    match &form.output {
        None => Some(parse_quote!(())),
        Some(ty @ Type::Never(_)) => {
            errors.report_on(
                ty,
                "a function that never returns is never done with what it changes: invalidate inside it, with `Cache::invalidate`",
            );
            None
        }
        Some(ty) => Some(inferred(ty.clone())),
    }
}
