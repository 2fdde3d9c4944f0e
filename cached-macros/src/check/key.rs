//! The values that a key is made of.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{Expr, GenericParam, Receiver, Signature};

use super::companions::Companions;
use super::impl_context::ImplContext;
use super::parameters::{Parameter, is_opaque};
use super::placeholders::PlaceholderResolver;
use crate::diagnostics::Errors;
use crate::parse::args::{Args, Written};

/// One value of a key; `span` is where a message about it belongs.
pub(crate) struct Component {
    pub(crate) value: TokenStream,
    pub(crate) span: Span,
    /// Known only once the body has returned.
    pub(crate) is_returned: bool,
}

/// A type or constant that a generic function adds to its key.
pub(crate) enum Generic {
    /// `Self` or a type parameter.
    Type(Ident),
    Const(Ident),
    /// The type of an argument written `impl Trait`.
    Of(Ident),
    /// The types that enclose a function that cannot name them.
    Enclosing,
}

/// A key without what the function is generic over.
pub(crate) struct KeyParts {
    /// The values in it, in order.
    pub(crate) components: Vec<Component>,
    /// With the numbers of components in place of names: `user:{0}`.
    pub(crate) prefix: Option<String>,
    pub(crate) tags: Vec<String>,
}

/// Collects the values of a key, and resolves the names in its prefix and tags.
pub(super) fn check_key(
    args: &Args,
    signature: &Signature,
    parameters: &[Parameter],
    skips_self: bool,
    errors: &mut Errors,
) -> KeyParts {
    let receiver = signature.receiver();
    let mut components = collect_components(args.key.as_ref(), parameters);
    let mut resolver = PlaceholderResolver {
        receiver,
        skips_self,
        parameters,
        returned: None,
        components: &mut components,
        errors,
    };
    let (prefix, tags) = resolver.resolve_key(args.prefix.as_ref(), args.tags.as_ref());
    if let Some(receiver) = receiver
        && components.is_empty()
        && !skips_self
    {
        check_only_self(receiver, &signature.ident, errors);
    }
    KeyParts {
        components,
        prefix,
        tags,
    }
}

/// Reports a method whose key would be empty; after another error, that may be the reason.
fn check_only_self(receiver: &Receiver, name: &Ident, errors: &mut Errors) {
    if errors.is_empty() {
        errors.report_on(receiver.self_token, format!(
            "the key of `{name}` would be empty, because `self` is not part of it: name a field, as in `prefix = \"user:{{self.id}}:{name}\"`, or write `skip(self)` if every `self` gives the same result"
        ));
    }
}

/// Collects the arguments that are not skipped, or takes what `key = …` says instead.
fn collect_components(key: Option<&Written<Expr>>, parameters: &[Parameter]) -> Vec<Component> {
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

/// Collects what the function is generic over.
pub(super) fn collect_generics(
    signature: &Signature,
    parameters: &[Parameter],
    context: &ImplContext,
    companions: &Companions,
) -> Vec<Generic> {
    let mut generics = Vec::new();
    if signature.receiver().is_some() || context.is_seen() {
        generics.push(Generic::Type(Ident::new("Self", Span::mixed_site())));
    }
    // The parameters of an `impl` that `self` does not determine.
    if matches!(companions, Companions::Off) {
        generics.push(Generic::Enclosing);
    }
    for parameter in &context.companion_generics(signature).params {
        match parameter {
            GenericParam::Type(parameter) => generics.push(Generic::Type(parameter.ident.clone())),
            GenericParam::Const(parameter) => {
                generics.push(Generic::Const(parameter.ident.clone()));
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    for parameter in parameters.iter().filter(|parameter| is_opaque(parameter)) {
        generics.extend(parameter.names.iter().cloned().map(Generic::Of));
    }
    generics
}
