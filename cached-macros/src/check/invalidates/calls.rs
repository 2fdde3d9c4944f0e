//! Typed calls: a cached function is named as it is called, and its companion is meant.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprMethodCall, Ident, Path, PathArguments, Token};

use crate::check::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_expr;
use crate::syntax::tokens::mentioned;

/// The call of a companion.
pub(crate) struct Call {
    /// The function to call: `profile::key` or `self.find_key` for one call, `profile::__cached` for all.
    pub(crate) companion: TokenStream,
    /// `None` means all calls.
    pub(crate) arguments: Option<Vec<Argument>>,
}

/// An argument of a typed call.
pub(crate) enum Argument {
    /// Cloned, because the body may take it.
    Name(Ident),
    Expression(Expr),
}

/// `profile(id)` is `profile::key(id)`, and `Users::find(users, id)` is `Users::find_key(users, id)`.
pub(super) fn function(call: &ExprCall) -> syn::Result<Call> {
    let Expr::Path(written) = peel_expr(&call.func) else {
        return Err(syn::Error::new_spanned(
            &call.func,
            "expected the name of a cached function",
        ));
    };
    let mut written = written.clone();
    let arguments = arguments(&call.args)?;
    let is_method = written.qself.is_some() || is_type(&written.path);
    if let Some(last) = written.path.segments.last_mut() {
        let generics = std::mem::replace(&mut last.arguments, PathArguments::None);
        if arguments.is_none() && !generics.is_empty() {
            return Err(all_types(generics));
        }
        let name = last.ident.clone();
        let companion = if is_method {
            written.path.segments.pop();
            of_method(&name, arguments.is_none())
        } else {
            of_function(&name, arguments.is_none())
        };
        written.path.segments.push(syn::PathSegment {
            ident: companion,
            arguments: generics,
        });
    }
    Ok(Call {
        companion: written.to_token_stream(),
        arguments,
    })
}

/// `self.find(id)` is `self.find_key(id)`.
pub(super) fn method(call: &ExprMethodCall) -> syn::Result<Call> {
    let arguments = arguments(&call.args)?;
    let (receiver, generics) = (&call.receiver, &call.turbofish);
    let companion = of_method(&call.method, arguments.is_none());
    if arguments.is_some() {
        return Ok(Call {
            companion: quote!(#receiver.#companion #generics),
            arguments,
        });
    }
    if let Some(generics) = generics {
        return Err(all_types(generics));
    }
    match peel_expr(receiver) {
        Expr::Path(path) if path.path.is_ident("self") => Ok(Call {
            companion: quote!(Self::#companion),
            arguments,
        }),
        _ => Err(syn::Error::new_spanned(
            receiver,
            format!(
                "all calls are those of every `self`: name its type, as in `Users::{}(..)`",
                call.method
            ),
        )),
    }
}

/// Whether the last name is one of a type's.
fn is_type(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().skip(1);
    names.next().is_some_and(|of| {
        let name = of.ident.unraw().to_string();
        name.starts_with(char::is_uppercase)
    })
}

fn of_function(name: &Ident, all: bool) -> Ident {
    let companion = if all { "__cached" } else { "key" };
    Ident::new(companion, Span::call_site().located_at(name.span()))
}

fn of_method(name: &Ident, all: bool) -> Ident {
    let span = Span::call_site().located_at(name.span());
    let name = name.unraw();
    if all {
        format_ident!("__cached_{name}", span = span)
    } else {
        format_ident!("{name}_key", span = span)
    }
}

/// `None` for `(..)`.
fn arguments(written: &Punctuated<Expr, Token![,]>) -> syn::Result<Option<Vec<Argument>>> {
    let is_all = |argument: &&Expr| matches!(peel_expr(argument), Expr::Range(range) if range.start.is_none() && range.end.is_none());
    match written.iter().find(is_all) {
        Some(_) if written.len() == 1 => return Ok(None),
        Some(all) => {
            return Err(syn::Error::new_spanned(
                all,
                "`..` stands for all arguments: write nothing beside it",
            ));
        }
        None => {}
    }
    let arguments = written.iter().map(|argument| match peel_expr(argument) {
        Expr::Path(path) if path.attrs.is_empty() => match path.path.get_ident() {
            Some(name) if !is_constant(name) => Argument::Name(name.clone()),
            _ => Argument::Expression(argument.clone()),
        },
        _ => Argument::Expression(argument.clone()),
    });
    Ok(Some(arguments.collect()))
}

fn all_types(generics: impl quote::ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        generics,
        "`(..)` is all of a function, whatever its types: leave them out",
    )
}

/// Whether a name is no variable: a constant, or a struct without fields.
fn is_constant(name: &Ident) -> bool {
    name.unraw().to_string().starts_with(char::is_uppercase)
}

/// A typed call is made before the body, and cannot name what it returns.
pub(super) fn check_names(calls: &[Call], parameters: &[Parameter], errors: &mut Errors) {
    let ret = Ident::new("ret", Span::call_site());
    let mut names = parameters.iter().flat_map(|parameter| &parameter.names);
    if names.any(|name| *name == ret) {
        return;
    }
    for argument in calls
        .iter()
        .filter_map(|call| call.arguments.as_ref())
        .flatten()
    {
        let found = match argument {
            Argument::Name(name) => (*name == ret).then(|| name.clone()),
            Argument::Expression(expression) => {
                mentioned(expression.to_token_stream(), std::slice::from_ref(&ret))
            }
        };
        if let Some(found) = found {
            errors.report_on(found, "a typed call is made before the body runs: what it returned can be named in a pattern, as in `\"user:{ret.id}\"`");
        }
    }
}
