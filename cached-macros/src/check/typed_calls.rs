//! Typed calls: a cached function is named as it is called, and its companion is meant.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprMethodCall, Ident, Path, PathArguments, Token};

use super::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_expr;
use crate::syntax::tokens::find_use;

/// A call of a companion.
pub(crate) struct TypedCall {
    /// The function to call: `profile::key` or `self.find_key` for one call, `profile::__cached` for all.
    pub(crate) companion: TokenStream,
    /// `None` means all calls.
    pub(crate) arguments: Option<Vec<CallArgument>>,
}

/// An argument of a typed call.
pub(crate) enum CallArgument {
    /// Cloned, because the body may take it.
    Name(Ident),
    Expression(Expr),
}

/// Turns `profile(id)` into `profile::key(id)`, and `Users::find(users, id)` into `Users::find_key(users, id)`.
pub(super) fn parse_function_call(call: &ExprCall) -> syn::Result<TypedCall> {
    let Expr::Path(written) = peel_expr(&call.func) else {
        return Err(syn::Error::new_spanned(
            &call.func,
            "expected the name of a cached function",
        ));
    };
    let mut written = written.clone();
    let arguments = parse_arguments(&call.args)?;
    let is_method = written.qself.is_some() || is_of_type(&written.path);
    if let Some(last) = written.path.segments.last_mut() {
        let generics = std::mem::replace(&mut last.arguments, PathArguments::None);
        if arguments.is_none() && !generics.is_empty() {
            return Err(refuse_types(generics));
        }
        let name = last.ident.clone();
        let companion = if is_method {
            written.path.segments.pop();
            name_method_companion(&name, arguments.is_none())
        } else {
            name_function_companion(&name, arguments.is_none())
        };
        written.path.segments.push(syn::PathSegment {
            ident: companion,
            arguments: generics,
        });
    }
    Ok(TypedCall {
        companion: written.to_token_stream(),
        arguments,
    })
}

/// Turns `self.find(id)` into `self.find_key(id)`.
pub(super) fn parse_method_call(call: &ExprMethodCall) -> syn::Result<TypedCall> {
    let arguments = parse_arguments(&call.args)?;
    let (receiver, generics) = (&call.receiver, &call.turbofish);
    let companion = name_method_companion(&call.method, arguments.is_none());
    if arguments.is_some() {
        return Ok(TypedCall {
            companion: quote!(#receiver.#companion #generics),
            arguments,
        });
    }
    if let Some(generics) = generics {
        return Err(refuse_types(generics));
    }
    match peel_expr(receiver) {
        Expr::Path(path) if path.path.is_ident("self") => Ok(TypedCall {
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

/// Returns true if the last name seems to be one of a type's.
fn is_of_type(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().skip(1);
    names.next().is_some_and(|of| {
        let name = of.ident.unraw().to_string();
        name.starts_with(char::is_uppercase)
    })
}

fn name_function_companion(name: &Ident, all: bool) -> Ident {
    let companion = if all { "__cached" } else { "key" };
    Ident::new(companion, Span::call_site().located_at(name.span()))
}

fn name_method_companion(name: &Ident, all: bool) -> Ident {
    let span = Span::call_site().located_at(name.span());
    let name = name.unraw();
    if all {
        format_ident!("__cached_{name}", span = span)
    } else {
        format_ident!("{name}_key", span = span)
    }
}

/// Reads the arguments; `None` for `(..)`.
fn parse_arguments(
    written: &Punctuated<Expr, Token![,]>,
) -> syn::Result<Option<Vec<CallArgument>>> {
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
            Some(name) if !is_constant(name) => CallArgument::Name(name.clone()),
            _ => CallArgument::Expression(argument.clone()),
        },
        _ => CallArgument::Expression(argument.clone()),
    });
    Ok(Some(arguments.collect()))
}

fn refuse_types(generics: impl ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        generics,
        "`(..)` is all of a function, whatever its types: leave them out",
    )
}

/// Returns true for a name that is no variable: a constant, or a struct without fields.
fn is_constant(name: &Ident) -> bool {
    name.unraw().to_string().starts_with(char::is_uppercase)
}

/// Reports a use of what the body returns: a typed call is made before it.
pub(super) fn check_call_names(calls: &[TypedCall], parameters: &[Parameter], errors: &mut Errors) {
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
            CallArgument::Name(name) => (*name == ret).then(|| name.clone()),
            CallArgument::Expression(expression) => {
                find_use(expression.to_token_stream(), std::slice::from_ref(&ret))
            }
        };
        if let Some(found) = found {
            errors.report_on(found, "a typed call is made before the body runs: what it returned can be named in a pattern, as in `\"user:{ret.id}\"`");
        }
    }
}
