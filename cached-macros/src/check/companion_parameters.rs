//! The parameters of the companions, and the arguments that they pass on.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Pat, Receiver, ReceiverKind};

use super::key::Component;
use super::parameters::{Parameter, is_opaque};
use crate::parse::args::Args;
use crate::syntax::binding::remove_mut;
use crate::syntax::tokens::{find_ident, find_use, respan_name, starts_with};

/// The parameters of the companions, and the arguments that they pass on.
pub(crate) struct CompanionParameters {
    /// Of `key`, `peek` and `invalidate`: the receiver borrowed, unless an expression may need it whole, and
    /// patterns kept where something needs their names.
    pub(crate) lookup: Vec<TokenStream>,
    /// The names by which `peek` passes all of `lookup` on to `key`, if they have such names.
    pub(crate) lookup_arguments: Option<Vec<TokenStream>>,
    /// Names in `lookup` that may be unused there.
    pub(crate) unused: Vec<Ident>,
    /// Of `refresh` and `uncached`.
    pub(crate) call: Vec<TokenStream>,
    /// The names by which these pass all of `call` on to the function.
    pub(crate) call_arguments: Vec<TokenStream>,
}

/// Writes the parameters of the companions.
pub(super) fn write_companion_parameters(
    receiver: Option<&Receiver>,
    parameters: &[Parameter],
    components: &[Component],
    args: &Args,
) -> CompanionParameters {
    let expressions = [&args.key, &args.cache].into_iter().flatten();
    let mut writer = Writer {
        parameters,
        components,
        expressions: expressions
            .map(|written| written.value.to_token_stream())
            .collect(),
        written: CompanionParameters {
            lookup: Vec::new(),
            // What `cache = …` names must not be moved into `key`.
            lookup_arguments: args.cache.is_none().then(Vec::new),
            unused: Vec::new(),
            call: Vec::new(),
            call_arguments: Vec::new(),
        },
    };
    if let Some(receiver) = receiver {
        writer.add_receiver(receiver);
    }
    for (index, parameter) in parameters.iter().enumerate() {
        writer.add_to_lookup(parameter);
        writer.add_to_call(index, parameter);
    }
    writer.written
}

/// The parameters that are being written, and all that decides about them.
struct Writer<'a> {
    parameters: &'a [Parameter],
    components: &'a [Component],
    /// The expressions in which parameters may be named.
    expressions: TokenStream,
    written: CompanionParameters,
}

impl Writer<'_> {
    fn add_receiver(&mut self, receiver: &Receiver) {
        let is_self = |ident: &Ident| ident == "self";
        let is_named = find_ident(self.expressions.clone(), &is_self).is_some();
        let is_typed = matches!(receiver.kind, ReceiverKind::Typed(..)) && is_named;
        let mut plain = receiver.clone();
        plain.mutability = plain
            .mutability
            .filter(|_| matches!(plain.kind, ReceiverKind::Reference(..)));
        let token = receiver.self_token;
        let written = &mut self.written;
        written.lookup.push(if is_typed {
            plain.to_token_stream()
        } else {
            quote!(&#token)
        });
        if let Some(names) = &mut written.lookup_arguments {
            names.push(token.to_token_stream());
        }
        written.call.push(plain.to_token_stream());
        written.call_arguments.push(token.to_token_stream());
    }

    fn add_to_lookup(&mut self, parameter: &Parameter) {
        let Parameter {
            pattern, ty, names, ..
        } = parameter;
        let is_component = |name: &Ident| {
            is_opaque(parameter)
                || self
                    .components
                    .iter()
                    .any(|component| starts_with(&component.value, name))
        };
        let is_named = |name: &Ident| {
            is_component(name)
                || find_use(self.expressions.clone(), std::slice::from_ref(name)).is_some()
        };
        let written = &mut self.written;
        if names.iter().any(is_named) {
            let pattern = remove_mut(pattern.clone());
            match (&pattern, &mut written.lookup_arguments) {
                (Pat::Ident(binding), Some(names))
                    if binding.subpat.is_none()
                        && binding.by_ref.is_none()
                        && !binding.ident.to_string().starts_with('_') =>
                {
                    names.push(binding.ident.to_token_stream());
                }
                _ => written.lookup_arguments = None,
            }
            written.lookup.push(quote!(#pattern: #ty));
            let unused = names.iter().filter(|name| !is_component(name));
            written.unused.extend(unused.cloned());
        } else if !parameter.is_skipped {
            written.lookup.push(quote!(_: #ty));
            written.lookup_arguments = None;
        }
    }

    fn add_to_call(&mut self, index: usize, parameter: &Parameter) {
        let Parameter { pattern, ty, .. } = parameter;
        // Hidden from the name of the function, which may be the same.
        let name = match pattern {
            Pat::Ident(binding) if binding.subpat.is_none() && self.is_unique(&binding.ident) => {
                let name = &binding.ident;
                respan_name(name, Span::mixed_site().located_at(name.span()))
            }
            _ => format_ident!("argument_{}", index, span = Span::mixed_site()),
        };
        self.written.call.push(quote!(#name: #ty));
        self.written.call_arguments.push(name.to_token_stream());
    }

    /// Returns true for a name that one parameter has: a `macro_rules!` can give two the same.
    fn is_unique(&self, name: &Ident) -> bool {
        let names = self
            .parameters
            .iter()
            .flat_map(|parameter| &parameter.names);
        names.filter(|other| *other == name).count() == 1
    }
}
