//! `CachedFn`: the arguments compared with the function. Nothing can be wrong after this point
//! that the macro could have seen.

use std::time::Duration;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{
    Expr, FnArg, GenericArgument, GenericParam, Ident, LitStr, Pat, PathArguments, Receiver,
    ReceiverKind, ReturnType, Signature, Type, parse_quote,
};

use crate::args::{Args, Written};
use crate::documentation;
use crate::duration::{self, Length, bare};
use crate::item::{Item, bindings, without_mut};
use crate::mistakes::{Mistakes, closest};
use crate::template::{self, Place};

/// A function that may be cached, and how.
pub(crate) struct CachedFn {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    /// The declared return type, and where in it the stored type seems to be, for messages.
    pub(crate) returns: Type,
    pub(crate) stored_at: Span,
    /// What goes into the key, in order.
    pub(crate) components: Vec<Component>,
    pub(crate) generics: Vec<Generic>,
    /// With the numbers of components in place of names: `user:{0}`.
    pub(crate) prefix: Option<String>,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) ttl_env: Option<LitStr>,
    pub(crate) jitter: Option<u16>,
    pub(crate) cache_none: Option<(Span, Ttl)>,
    pub(crate) cache_err: Option<(Span, Ttl)>,
    pub(crate) version: Option<u64>,
    pub(crate) id: Option<LitStr>,
    pub(crate) cache_if: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) companions: Companions,
    pub(crate) signatures: Signatures,
}

/// One value of the key material; `span` is where a message about it belongs.
pub(crate) struct Component {
    pub(crate) value: TokenStream,
    pub(crate) span: Span,
}

/// What a generic function adds to the key.
pub(crate) enum Generic {
    /// `Self` or a type parameter.
    Type(Ident),
    Const(Ident),
    /// The type of an argument written `impl Trait`.
    Of(Ident),
    /// Whatever surrounds a function that cannot see it.
    Surroundings,
}

pub(crate) enum Ttl {
    Known(Duration),
    Constant(Expr),
    Closure(Expr),
}

pub(crate) enum Companions {
    Off,
    /// Functions of a struct of this name.
    Struct(Ident),
    /// Methods whose names begin so.
    Methods(String),
}

/// The parameters of the companions.
pub(crate) struct Signatures {
    /// Of `key` and `peek`: the receiver borrowed, patterns kept where something needs their names.
    pub(crate) looking: Vec<TokenStream>,
    /// The names by which `peek` passes all of `looking` on to `key`, if they have such names.
    pub(crate) looked: Option<Vec<TokenStream>>,
    /// Names in `looking` that may be unused there.
    pub(crate) idle: Vec<Ident>,
    /// Of `refresh` and `uncached`, with the names to pass on.
    pub(crate) calling: Vec<TokenStream>,
    pub(crate) passed: Vec<TokenStream>,
}

struct Parameter {
    pattern: Pat,
    ty: Type,
    names: Vec<Ident>,
    skipped: Vec<Ident>,
    is_skipped: bool,
}

impl CachedFn {
    /// Compares; every mistake found is noted. `None` exactly if there is one.
    pub(crate) fn check(args: Args, mut item: Item, mistakes: &mut Mistakes) -> Option<CachedFn> {
        let runtime = args.runtime();
        let skips = item.take_skips(mistakes);
        let signature = &item.signature;
        check_signature(signature, mistakes);
        let receiver = signature.receiver();
        let mut parameters = read_parameters(signature, &skips, mistakes);
        let mut skips_self = receiver.is_some() && skips.first().is_some_and(|skip| *skip);
        apply_skip(
            args.skip.as_ref(),
            receiver,
            &mut parameters,
            &mut skips_self,
            mistakes,
        );

        let mut components = key_components(args.key.as_ref(), &parameters);
        let prefix = args.prefix.and_then(|prefix| {
            let mut reader = Reader {
                receiver,
                skips_self,
                parameters: &parameters,
                components: &mut components,
                mistakes,
            };
            reader.prefix(&prefix.value)
        });
        if let Some(receiver) = receiver
            && components.is_empty()
            && !skips_self
            && mistakes.is_empty()
        {
            let name = &signature.ident;
            mistakes.on(receiver.self_token, format!(
                "the key of `{name}` would be empty, because `self` is not part of it: name a field, as in `prefix = \"user:{{self.id}}:{name}\"`, or write `skip(self)` if every `self` gives the same result"
            ));
        }

        let names = Names::of(signature, &parameters);
        let ttl = args
            .ttl
            .as_ref()
            .and_then(|ttl| names.ttl(ttl, true, mistakes))
            .map(|(_, ttl)| ttl);
        let cache_none = args
            .cache_none
            .as_ref()
            .and_then(|ttl| names.ttl(ttl, false, mistakes));
        let cache_err = args
            .cache_err
            .as_ref()
            .and_then(|ttl| names.ttl(ttl, false, mistakes));
        if let Some(cache_if) = &args.cache_if {
            names.closure(&cache_if.keyword, &cache_if.value, mistakes);
        }
        for (text, example) in [(&args.ttl_env, "PROFILE_TTL"), (&args.id, "profile")] {
            check_text(text.as_ref(), example, mistakes);
        }

        let companions = companions(args.companions, signature);
        check_self(receiver, &companions, &item, mistakes);
        let cache = args.cache.map(|cache| cache.value);
        let mentions = [args.key.map(|key| key.value), cache.clone()];
        let signatures = signatures(receiver, &parameters, &components, &mentions);
        let generics = generics(signature, &parameters, &companions);
        if !mistakes.is_empty() {
            return None;
        }

        let (returns, stored_at) = match &signature.output {
            ReturnType::Default => (parse_quote!(()), signature.ident.span()),
            ReturnType::Type(_, ty) => ((**ty).clone(), stored(ty).span()),
        };
        documentation::append(
            &mut item,
            args.ttl.as_ref().map(|ttl| &ttl.value),
            &companions,
        );
        Some(CachedFn {
            item,
            runtime,
            returns,
            stored_at,
            components,
            generics,
            prefix,
            ttl,
            ttl_env: args.ttl_env.map(|name| name.value),
            jitter: args.jitter.map(|jitter| jitter.value),
            cache_none,
            cache_err,
            version: args.version.map(|version| version.value),
            id: args.id.map(|id| id.value),
            cache_if: args.cache_if.map(|closure| closure.value),
            cache,
            companions,
            signatures,
        })
    }
}

fn check_signature(signature: &Signature, mistakes: &mut Mistakes) {
    let name = &signature.ident;
    if let Some(constness) = &signature.constness {
        mistakes.on(constness, "a `const fn` runs in the compiler, where there is no cache: remove `const` or the attribute");
    } else if signature.asyncness.is_none() {
        mistakes.on(
            signature.fn_token,
            format!("`#[cached]` needs an async function: write `async fn {name}`"),
        );
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        mistakes.on(token, "an unsafe function cannot be cached: a hit would skip what its caller promised; annotate a safe function that calls it");
    }
    if let Some(variadic) = &signature.variadic {
        mistakes.on(variadic, "variadic arguments cannot be part of a cache key");
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        if let Some(token) = find(ty.to_token_stream(), &|ident| ident == "impl") {
            mistakes.at(token.span(), "a cached value needs a type that can be named: write the type itself instead of `impl Trait`");
        } else if matches!(**ty, Type::Never(_)) {
            mistakes.on(ty, "a function that never returns has nothing to cache");
        } else if let Type::Reference(reference) = stored(ty) {
            mistakes.on(
                reference,
                "a reference cannot be cached, because a hit has nothing to borrow from: return an owned value, such as `String`",
            );
        }
    }
}

fn read_parameters(
    signature: &Signature,
    skips: &[bool],
    mistakes: &mut Mistakes,
) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (parameter, &is_skipped) in signature.inputs.iter().zip(skips) {
        if let FnArg::Typed(typed) = parameter {
            let mut names = Vec::new();
            mistakes.check(bindings(&typed.pat, &mut names));
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

fn apply_skip(
    skip: Option<&Written<Vec<Ident>>>,
    receiver: Option<&Receiver>,
    parameters: &mut [Parameter],
    skips_self: &mut bool,
    mistakes: &mut Mistakes,
) {
    for name in skip.iter().flat_map(|skip| &skip.value) {
        if name == "self" {
            if receiver.is_none() {
                mistakes.on(name, "there is no `self` here to skip");
            } else if std::mem::replace(skips_self, true) {
                mistakes.on(name, "`self` is skipped twice: keep one of them");
            }
            continue;
        }
        let Some(parameter) = parameters
            .iter_mut()
            .find(|parameter| parameter.names.contains(name))
        else {
            let message = no_parameter(name, receiver, parameters);
            mistakes.on(name, message);
            continue;
        };
        if parameter.skipped.contains(name) {
            mistakes.on(name, format!("`{name}` is skipped twice: keep one of them"));
        } else {
            parameter.skipped.push(name.clone());
            parameter.is_skipped = parameter.skipped.len() == parameter.names.len();
        }
    }
}

fn no_parameter(
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
    if let Some(meant) = closest(&name, known.iter().map(String::as_str)) {
        format!("no parameter is called `{name}`: did you mean `{meant}`?")
    } else if known.is_empty() {
        format!("no parameter is called `{name}`: the function has none")
    } else {
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "no parameter is called `{name}`: there is {}",
            known.join(", ")
        )
    }
}

/// The arguments that are not skipped, or what `key = …` says instead.
fn key_components(key: Option<&Written<Expr>>, parameters: &[Parameter]) -> Vec<Component> {
    if let Some(key) = key {
        let value = &key.value;
        return vec![Component {
            value: quote!((#value)),
            span: value.span(),
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
            value: seen(name).to_token_stream(),
            span: name.span(),
        })
        .collect()
}

/// The parameter as the macro names it: clippy has something against using `_names`.
fn seen(name: &Ident) -> Ident {
    let mut name = name.clone();
    if name.to_string().starts_with('_') {
        name.set_span(Span::call_site().located_at(name.span()));
    }
    name
}

/// Resolves the placeholders of a prefix.
struct Reader<'a> {
    receiver: Option<&'a Receiver>,
    skips_self: bool,
    parameters: &'a [Parameter],
    components: &'a mut Vec<Component>,
    mistakes: &'a mut Mistakes,
}

impl Reader<'_> {
    fn prefix(&mut self, literal: &LitStr) -> Option<String> {
        match template::parse("prefix", &literal.value()) {
            Err(wrong) => {
                for message in wrong {
                    self.mistakes.on(literal, message);
                }
                None
            }
            Ok(pieces) => pieces
                .into_iter()
                .map(|piece| match piece {
                    template::Piece::Text(text) => Some(text),
                    template::Piece::Place(place) => {
                        let index = self.place(&place, literal)?;
                        Some(format!("{{{index}}}"))
                    }
                })
                .collect(),
        }
    }

    fn place(&mut self, place: &Place, literal: &LitStr) -> Option<usize> {
        let root = if place.root == "self" {
            self.own(place, literal)?
        } else {
            self.parameter(place, literal)?
        };
        let fields = place
            .fields
            .iter()
            .map(|field| member(field, literal.span()));
        let value = quote!(#root #(.#fields)*);
        let text = value.to_string();
        let known = self
            .components
            .iter()
            .position(|component| component.value.to_string() == text);
        Some(known.unwrap_or_else(|| {
            self.components.push(Component {
                value,
                span: literal.span(),
            });
            self.components.len().saturating_sub(1)
        }))
    }

    fn own(&mut self, place: &Place, literal: &LitStr) -> Option<TokenStream> {
        match self.receiver {
            None => {
                self.mistakes
                    .on(literal, format!("`{{{place}}}`: there is no `self` here"));
                None
            }
            Some(_) if self.skips_self => {
                self.mistakes.on(
                    literal,
                    format!(
                        "`{{{place}}}`: `self` is skipped; remove `skip(self)` or the placeholder"
                    ),
                );
                None
            }
            Some(receiver) => {
                let mut token = receiver.self_token;
                token.span = token.span.located_at(literal.span());
                Some(token.to_token_stream())
            }
        }
    }

    fn parameter(&mut self, place: &Place, literal: &LitStr) -> Option<TokenStream> {
        let wanted = place.root.strip_prefix("r#").unwrap_or(&place.root);
        let found = self.parameters.iter().find_map(|parameter| {
            let name = parameter.names.iter().find(|name| name.unraw() == wanted)?;
            Some((name, parameter.skipped.contains(name)))
        });
        let Some((name, is_skipped)) = found else {
            let message = no_parameter(&place.root, self.receiver, self.parameters);
            self.mistakes
                .on(literal, format!("`{{{place}}}`: {message}"));
            return None;
        };
        if is_skipped && place.fields.is_empty() {
            self.mistakes.on(literal, format!(
                "`{{{place}}}`: `{name}` is skipped, so it is not part of the key; do not skip it, name a field as in `{{{name}.id}}`, or remove the placeholder"
            ));
            return None;
        }
        let mut name = name.clone();
        name.set_span(name.span().located_at(literal.span()));
        Some(name.to_token_stream())
    }
}

fn member(field: &str, span: Span) -> TokenStream {
    if let Ok(index) = field.parse::<u32>() {
        return syn::Index { index, span }.to_token_stream();
    }
    let raw = field.strip_prefix("r#");
    match syn::parse_str::<Ident>(field) {
        Ok(_) if raw.is_none() => Ident::new(field, span).to_token_stream(),
        _ => Ident::new_raw(raw.unwrap_or(field), span).to_token_stream(),
    }
}

/// Names that must not appear in something evaluated at compile time.
struct Names {
    types: Vec<Ident>,
    values: Vec<Ident>,
}

impl Names {
    fn of(signature: &Signature, parameters: &[Parameter]) -> Names {
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
        }
    }

    fn ttl(
        &self,
        written: &Written<Expr>,
        may_decide: bool,
        mistakes: &mut Mistakes,
    ) -> Option<(Span, Ttl)> {
        let keyword = written.keyword.to_string();
        let ttl = match mistakes.check(duration::read(&keyword, &written.value))? {
            Length::Known(length) => Ttl::Known(length),
            Length::Closure(closure) if may_decide => {
                self.closure(&written.keyword, &closure, mistakes);
                Ttl::Closure(closure)
            }
            Length::Closure(closure) => {
                mistakes.on(
                    closure,
                    format!("`{keyword}` takes a fixed time: write `{keyword} = \"30s\"`"),
                );
                return None;
            }
            Length::Constant(constant) => {
                mistakes.check(self.constant(&keyword, &constant, may_decide))?;
                Ttl::Constant(constant)
            }
        };
        Some((written.keyword.span(), ttl))
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
        if let Expr::Path(path) = bare(constant)
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

    #[expect(clippy::unused_self, reason = "reads like its neighbour")]
    fn closure(&self, keyword: &Ident, closure: &Expr, mistakes: &mut Mistakes) {
        match bare(closure) {
            Expr::Closure(closure) if closure.inputs.len() != 1 => {
                mistakes.at(
                    closure.inputs_begin.span(),
                    format!(
                        "`{keyword}` is asked about the value alone: write `{keyword} = |value| …`"
                    ),
                );
            }
            Expr::Closure(closure) => {
                if let Some(found) = find(closure.body.to_token_stream(), &|ident| ident == "self")
                {
                    mistakes.on(
                        found,
                        format!("`{keyword}` sees the value alone and cannot name `self`"),
                    );
                }
            }
            Expr::Path(_) => {}
            other => mistakes.on(
                other,
                format!("`{keyword}` takes a closure: write `{keyword} = |value| …`"),
            ),
        }
    }
}

fn check_text(text: Option<&Written<LitStr>>, example: &str, mistakes: &mut Mistakes) {
    let Some(Written { keyword, value }) = text else {
        return;
    };
    let content = value.value();
    if content.is_empty() || content.contains(['=', '\0']) || content.contains(char::is_whitespace)
    {
        mistakes.on(
            value,
            format!(
                "`{keyword}` takes a name without spaces or `=`: write `{keyword} = \"{example}\"`"
            ),
        );
    }
}

fn companions(written: Option<Written<Ident>>, signature: &Signature) -> Companions {
    let name = written.map_or_else(|| signature.ident.clone(), |name| name.value);
    if name == "off" {
        Companions::Off
    } else if signature.receiver().is_some() {
        Companions::Methods(name.unraw().to_string())
    } else {
        // Located at the name for messages, but made by the macro: the caller's lints on names and
        // unused items do not apply.
        let span = Span::call_site().located_at(name.span());
        let mut name = name;
        name.set_span(span);
        Companions::Struct(name)
    }
}

/// A function without `self` in an `impl` can only be told by its use of `Self`.
fn check_self(
    receiver: Option<&Receiver>,
    companions: &Companions,
    item: &Item,
    mistakes: &mut Mistakes,
) {
    if receiver.is_some() || matches!(companions, Companions::Off) {
        return;
    }
    let is_self = |ident: &Ident| ident == "Self";
    let is_item =
        |ident: &Ident| ident == "impl" || ident == "trait" || ident == "struct" || ident == "enum";
    let in_signature = find(item.signature.to_token_stream(), &is_self);
    let found = in_signature.or_else(|| {
        let body = &item.body;
        find(body.clone(), &is_self).filter(|_| find(body.clone(), &is_item).is_none())
    });
    if let Some(found) = found {
        mistakes.on(found, "a cached function without `self` cannot have companions inside an `impl`: write `companions = off`, or move the function out of the `impl`");
    }
}

fn generics(
    signature: &Signature,
    parameters: &[Parameter],
    companions: &Companions,
) -> Vec<Generic> {
    let mut generics = Vec::new();
    if signature.receiver().is_some() {
        generics.push(Generic::Type(Ident::new("Self", Span::mixed_site())));
    } else if matches!(companions, Companions::Off) {
        generics.push(Generic::Surroundings);
    }
    for parameter in &signature.generics.params {
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

/// Written `impl Trait` and part of the key.
fn is_opaque(parameter: &Parameter) -> bool {
    !parameter.is_skipped
        && find(parameter.ty.to_token_stream(), &|ident| ident == "impl").is_some()
}

fn signatures(
    receiver: Option<&Receiver>,
    parameters: &[Parameter],
    components: &[Component],
    mentions: &[Option<Expr>; 2],
) -> Signatures {
    let mut looking = Vec::new();
    // What `cache = …` names must not be moved into `key`.
    let [_, cache] = mentions;
    let mut looked = cache.is_none().then(Vec::new);
    let mut idle = Vec::new();
    let mut calling = Vec::new();
    let mut passed = Vec::new();
    if let Some(receiver) = receiver {
        let is_typed = matches!(receiver.kind, ReceiverKind::Typed(..));
        let mut plain = receiver.clone();
        plain.mutability = plain
            .mutability
            .filter(|_| matches!(plain.kind, ReceiverKind::Reference(..)));
        let token = receiver.self_token;
        looking.push(if is_typed {
            plain.to_token_stream()
        } else {
            quote!(&#token)
        });
        if let Some(names) = &mut looked {
            names.push(token.to_token_stream());
        }
        calling.push(plain.to_token_stream());
        passed.push(token.to_token_stream());
    }
    let written: TokenStream = mentions
        .iter()
        .flatten()
        .map(quote::ToTokens::to_token_stream)
        .collect();
    // A `macro_rules!` can give two parameters the same name.
    let is_unique = |name: &Ident| {
        let names = parameters.iter().flat_map(|parameter| &parameter.names);
        names.filter(|other| *other == name).count() == 1
    };
    for (index, parameter) in parameters.iter().enumerate() {
        let Parameter {
            pattern, ty, names, ..
        } = parameter;
        let is_component = |name: &Ident| {
            is_opaque(parameter)
                || components
                    .iter()
                    .any(|component| starts_with(&component.value, name))
        };
        let is_named = |name: &Ident| {
            is_component(name) || mentioned(written.clone(), std::slice::from_ref(name)).is_some()
        };
        if names.iter().any(is_named) {
            let pattern = without_mut(pattern.clone());
            match (&pattern, &mut looked) {
                (Pat::Ident(binding), Some(names))
                    if binding.subpat.is_none() && binding.by_ref.is_none() =>
                {
                    names.push(binding.ident.to_token_stream());
                }
                _ => looked = None,
            }
            looking.push(quote!(#pattern: #ty));
            idle.extend(names.iter().filter(|name| !is_component(name)).cloned());
        } else if !parameter.is_skipped {
            looking.push(quote!(_: #ty));
            looked = None;
        }
        // Hidden from the name of the function, which may be the same.
        let name = match pattern {
            Pat::Ident(binding) if binding.subpat.is_none() && is_unique(&binding.ident) => {
                let mut name = binding.ident.clone();
                name.set_span(Span::mixed_site().located_at(name.span()));
                name
            }
            _ => format_ident!("argument_{}", index, span = Span::mixed_site()),
        };
        calling.push(quote!(#name: #ty));
        passed.push(name.to_token_stream());
    }
    Signatures {
        looking,
        looked,
        idle,
        calling,
        passed,
    }
}

fn starts_with(tokens: &TokenStream, name: &Ident) -> bool {
    matches!(tokens.clone().into_iter().next(), Some(TokenTree::Ident(first)) if first == *name)
}

/// The first identifier that `wanted` accepts, anywhere in the tokens.
fn find(tokens: TokenStream, wanted: &dyn Fn(&Ident) -> bool) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if wanted(&ident) => Some(ident),
        TokenTree::Group(group) => find(group.stream(), wanted),
        _ => None,
    })
}

/// The first use of one of `names` as a variable, also inside a format string. May see a use where
/// there is none (a local variable of the same name), never the other way round.
fn mentioned(tokens: TokenStream, names: &[Ident]) -> Option<Ident> {
    let mut after_dot = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Ident(ident) if !after_dot && names.contains(ident) => {
                let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':' && next.spacing() == proc_macro2::Spacing::Joint);
                (!is_path).then(|| ident.clone())
            }
            TokenTree::Group(group) => mentioned(group.stream(), names),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                names
                    .iter()
                    .find(|name| text.contains(&format!("{{{}", name.unraw())))
                    .map(|name| {
                        let mut name = name.clone();
                        name.set_span(name.span().located_at(literal.span()));
                        name
                    })
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}

/// What in a return type the stored type seems to be: only messages hang on it.
fn stored(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => stored(&group.elem),
        Type::Paren(paren) => stored(&paren.elem),
        Type::Path(path) => {
            if let Some(last) = path.path.segments.last()
                && (last.ident == "Option" || last.ident.to_string().ends_with("Result"))
                && let PathArguments::AngleBracketed(arguments) = &last.arguments
                && let Some(GenericArgument::Type(inner)) = arguments.args.first()
            {
                return stored(inner);
            }
            ty
        }
        _ => ty,
    }
}
