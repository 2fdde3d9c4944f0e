//! `CachedFn`: the arguments compared with the function. Nothing can be wrong after this point
//! that the macro could have seen.

mod background_call;
mod closures;
mod companions;
mod durations;
mod form;
mod impl_block;
mod impl_generics;
mod invalidates;
mod parameters;
mod placeholders;
mod signatures;
mod values;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{
    Expr, GenericArgument, Ident, LitStr, PathArguments, Receiver, ReturnType, Signature, Type,
    parse_quote,
};

pub(crate) use self::background_call::Again;
use self::background_call::again;
pub(crate) use self::companions::{Companions, Within};
use self::companions::{check_place, companions, generics};
use self::durations::Names;
pub(crate) use self::form::{Block, Body, Form};
pub(crate) use self::impl_block::CheckedImpl;
pub(crate) use self::invalidates::{
    Argument, Call, Invalidated, InvalidatingFn, Template, When, returned_name,
};
use self::parameters::{apply_skip, key_components, read_parameters};
use self::placeholders::Reader;
pub(crate) use self::signatures::Signatures;
use self::signatures::signatures;
use self::values::check_values;
use crate::diagnostics::Errors;
use crate::parse::args::Args;
use crate::parse::item::Item;
use crate::syntax::borrows::find_borrow;
use crate::syntax::duration::DurationExpr;
use crate::syntax::groups::peel_type;
use crate::syntax::tokens::find;

/// A function that may be cached, and how.
pub(crate) struct CachedFn {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    pub(crate) form: Form,
    /// What a call gives, and where in that the stored type seems to be, for messages.
    pub(crate) returns: Type,
    pub(crate) stored_at: Span,
    /// Its error may be gone before those who wait could share it.
    pub(crate) error_is_borrowed: bool,
    /// What goes into the key, in order.
    pub(crate) components: Vec<Component>,
    pub(crate) generics: Vec<Generic>,
    /// With the numbers of components in place of names: `user:{0}`.
    pub(crate) prefix: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) ttl: Option<DurationExpr>,
    /// The `ttl` for documentation.
    pub(crate) written_ttl: Option<Expr>,
    pub(crate) ttl_env: Option<LitStr>,
    pub(crate) jitter: Option<u16>,
    pub(crate) cache_none: Option<(Span, DurationExpr)>,
    pub(crate) cache_err: Option<(Span, DurationExpr)>,
    pub(crate) stale_if_error: Option<(Span, DurationExpr)>,
    /// For `stale_while_revalidate`.
    pub(crate) again: Option<Again>,
    pub(crate) on_outage: Option<Span>,
    pub(crate) version: Option<u64>,
    pub(crate) id: Option<LitStr>,
    pub(crate) cache_if: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) within: Within,
    pub(crate) companions: Companions,
    pub(crate) signatures: Signatures,
}

/// One value of the key material; `span` is where a message about it belongs.
pub(crate) struct Component {
    pub(crate) value: TokenStream,
    pub(crate) span: Span,
    /// Known only once the body has returned.
    pub(crate) is_returned: bool,
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

/// What is known of a function in spite of its mistakes.
pub(crate) struct Unfinished {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    pub(crate) returns: Type,
    pub(crate) within: Within,
    pub(crate) companions: Companions,
    /// They have a place, and what was written leaves no doubt about their name.
    pub(crate) has_stubs: bool,
    pub(crate) signatures: Signatures,
}

impl CachedFn {
    /// Compares; every mistake found is noted. `Err` exactly if there is one.
    pub(crate) fn check(
        args: Args,
        mut item: Item,
        within: Within,
        errors: &mut Errors,
    ) -> Result<CachedFn, Box<Unfinished>> {
        let runtime = args.runtime();
        let skips = item.take_skips(errors);
        let signature = &item.signature;
        let form = check_signature(&item, errors);
        let receiver = signature.receiver();
        let mut parameters = read_parameters(signature, &skips, errors);
        let mut skips_self = receiver.is_some() && skips.first().is_some_and(|skip| *skip);
        apply_skip(
            args.skip.as_ref(),
            receiver,
            &mut parameters,
            &mut skips_self,
            errors,
        );

        check_values(&args, &parameters, errors);
        let mut components = key_components(args.key.as_ref(), &parameters);
        let mut reader = Reader {
            receiver,
            skips_self,
            parameters: &parameters,
            returned: None,
            components: &mut components,
            errors,
        };
        let (prefix, tags) = reader.templates(args.prefix, args.tags);
        if let Some(receiver) = receiver
            && components.is_empty()
            && !skips_self
        {
            check_only_self(receiver, &signature.ident, errors);
        }

        let names = Names::of(signature, &parameters);
        let ttl = args.ttl.as_ref();
        let ttl = ttl.and_then(|ttl| names.ttl(ttl, true, errors));
        let cache_none = names.fixed(args.cache_none.as_ref(), errors);
        let cache_err = names.fixed(args.cache_err.as_ref(), errors);
        let stale_if_error = names.fixed(args.stale_if_error.as_ref(), errors);
        let stale_while_revalidate = names.fixed(args.stale_while_revalidate.as_ref(), errors);

        let companions = companions(args.companions, signature, &within);
        let have_place = check_place(&within, &companions, &item, errors);
        let again = stale_while_revalidate.map(|window| {
            again(
                window,
                &companions,
                form.as_ref(),
                signature,
                &parameters,
                errors,
            )
        });
        let cache = args.cache.map(|cache| cache.value);
        let mentions = [args.key.map(|key| key.value), cache.clone()];
        let signatures = signatures(receiver, &parameters, &components, &mentions);
        let generics = generics(signature, &parameters, &within, &companions);
        let (returns, stored_at) = returned(form.as_ref(), signature);
        let Some(form) = form.filter(|_| errors.is_empty() && !item.is_unfinished()) else {
            return Err(Box::new(Unfinished {
                item,
                runtime,
                returns,
                within,
                companions,
                has_stubs: have_place && !args.is_unclear,
                signatures,
            }));
        };
        item.allow_expected();
        Ok(CachedFn {
            item,
            runtime,
            form,
            error_is_borrowed: find_borrow(&returns).is_some(),
            returns,
            stored_at,
            components,
            generics,
            prefix,
            tags,
            ttl: ttl.map(|(_, ttl)| ttl),
            written_ttl: args.ttl.map(|ttl| ttl.value),
            ttl_env: args.ttl_env.map(|name| name.value),
            jitter: args.jitter.map(|jitter| jitter.value),
            cache_none,
            cache_err,
            stale_if_error,
            again,
            on_outage: args.on_outage.map(|fail| fail.keyword.span()),
            version: args.version.map(|version| version.value),
            id: args.id.map(|id| id.value),
            cache_if: args.cache_if.map(|closure| closure.value),
            cache,
            within,
            companions,
            signatures,
        })
    }
}

/// What kind of function it is; a mistake if it has no future.
fn check_form(attribute: &str, item: &Item, errors: &mut Errors) -> Option<Form> {
    let form = Form::of(item);
    if form.is_none() {
        let signature = &item.signature;
        let name = &signature.ident;
        errors.report_on(
            signature.fn_token,
            format!("`#[{attribute}]` needs an async function: write `async fn {name}`, or return `impl Future<Output = …>`, `Pin<Box<dyn Future<…>>>` or a type whose name ends in `Future`"),
        );
    }
    form
}

fn check_signature(item: &Item, errors: &mut Errors) -> Option<Form> {
    let signature = &item.signature;
    let form = if let Some(constness) = &signature.constness {
        errors.report_on(constness, "a `const fn` runs in the compiler, where there is no cache: remove `const` or the attribute");
        None
    } else {
        check_form("cached", item, errors)
    };
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.report_on(token, "an unsafe function cannot be cached: a hit would skip what its caller promised; annotate a safe function that calls it");
    }
    if let Some(variadic) = &signature.variadic {
        errors.report_on(
            variadic,
            "variadic arguments cannot be part of a cache key: take a slice",
        );
    }
    if let Some(ty) = form.as_ref().and_then(|form| form.output.as_ref()) {
        if let Some(token) = find(ty.to_token_stream(), &|ident| ident == "impl") {
            let is_answer = find(ty.to_token_stream(), &|ident| ident == "IntoResponse").is_some();
            errors.report_at(token.span(), if is_answer {
                "a cached handler returns what is stored: write `Json<T>`, `Html<T>`, or a `Result` of one, instead of `impl IntoResponse`"
            } else {
                "a cached value needs a type that can be named: write the type itself instead of `impl Trait`"
            });
        } else if matches!(ty, Type::Never(_)) {
            errors.report_on(
                ty,
                "a function that never returns has nothing to cache: leave the attribute out",
            );
        } else if let Type::Reference(reference) = held(ty) {
            errors.report_on(
                reference,
                "a reference cannot be cached, because a hit has nothing to borrow from: return an owned value, such as `String`",
            );
        }
    }
    form
}

/// A method whose key would be empty; after another mistake, that may be the reason.
fn check_only_self(receiver: &Receiver, name: &Ident, errors: &mut Errors) {
    if errors.is_empty() {
        errors.report_on(receiver.self_token, format!(
            "the key of `{name}` would be empty, because `self` is not part of it: name a field, as in `prefix = \"user:{{self.id}}:{name}\"`, or write `skip(self)` if every `self` gives the same result"
        ));
    }
}

/// What a call gives as far as it says so, and where in that the stored type seems to be.
fn returned(form: Option<&Form>, signature: &Signature) -> (Type, Span) {
    let declared = match (form, &signature.output) {
        (Some(form), _) => form.output.as_ref(),
        (None, ReturnType::Type(_, ty)) => Some(&**ty),
        (None, ReturnType::Default) => None,
    };
    match declared {
        None => (parse_quote!(()), signature.ident.span()),
        Some(ty) => (ty.clone(), stored(ty).span()),
    }
}

/// What in a return type the stored type seems to be: only messages hang on it.
fn stored(ty: &Type) -> &Type {
    inside(ty, &|name| name == "Option" || name.ends_with("Result"))
}

/// The same, without what makes an answer of it.
fn held(ty: &Type) -> &Type {
    inside(stored(ty), &|name| matches!(name, "Json" | "Html"))
}

/// The first type argument of types that are `named` so.
fn inside<'a>(ty: &'a Type, named: &dyn Fn(&str) -> bool) -> &'a Type {
    let ty = peel_type(ty);
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && named(&last.ident.to_string())
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return inside(inner, named);
    }
    ty
}
