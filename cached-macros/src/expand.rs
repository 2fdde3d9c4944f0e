//! One `quote!` per item. Data and calls into the runtime, no decisions.

use std::time::Duration;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Attribute, Expr, GenericParam};

use crate::model::{CachedFn, Companions, Generic, Ttl};

/// Everything that takes the place of the annotated function.
pub(crate) fn cached(function: &CachedFn) -> TokenStream {
    let user = user_function(function);
    let companions = companions(function);
    quote_spanned!(here()=> #user #companions)
}

/// The span of all that the caller did not write: its locals are invisible to the caller's code, and
/// the caller's lints do not apply.
fn here() -> Span {
    Span::mixed_site()
}

/// ```text
/// async fn profile(id: u64, db: &Db) -> Result<Profile, DbError> {
///     db.load(id).await
/// }
/// // becomes
/// async fn profile(id: u64, db: &Db) -> Result<Profile, DbError> {
///     use ::cached_core::__private::by_type::*;
///     let mut __key = ::cached_core::Key::of(profile::__cached());
///     ::cached_core::__private::Argument(&id).__push(&mut __key);
///     let __codec = ::cached_core::__private::Returns::<Result<Profile, DbError>>::NEW.__result().__option().__codec();
///     let __load = match __codec.find(__key).await {
///         ::cached_core::__private::Found::Hit(__value) => return __value,
///         ::cached_core::__private::Found::Miss(__load) => __load,
///     };
///     __load.run(async move {
///         if false { return ::cached_core::__private::never::<Result<Profile, DbError>>(); }
///         db.load(id).await
///     }).await
/// }
/// ```
fn user_function(function: &CachedFn) -> TokenStream {
    let CachedFn {
        item,
        runtime,
        returns,
        ..
    } = function;
    let attributes = &item.attributes;
    let (visibility, signature) = (&item.visibility, &item.signature);
    let (inner, body) = (&item.inner_attributes, &item.body);
    let here = here();
    let handle = handle(function);
    let key = key(function, &handle);
    let codec = codec(function);
    let find = match &function.cache {
        None => quote_spanned!(here=> find(__key)),
        Some(cache) => {
            let cache = chosen(runtime, cache);
            quote_spanned!(here=> find_in(#cache, __key))
        }
    };
    quote_spanned! {here=>
        #(#attributes)*
        #visibility #signature {
            #(#inner)*
            use #runtime::__private::by_type::*;
            #key
            let __codec = #codec;
            let __load = match __codec.#find.await {
                #runtime::__private::Found::Hit(__value) => return __value,
                #runtime::__private::Found::Miss(__load) => __load,
            };
            __load.run(async move {
                if false { return #runtime::__private::never::<#returns>(); }
                #body
            }).await
        }
    }
}

/// The static that describes the function; `install` and the statistics get to know it.
fn declaration(function: &CachedFn) -> TokenStream {
    let CachedFn { item, runtime, .. } = function;
    let here = here();
    let name = item.signature.ident.unraw().to_string();
    let prefix = function
        .prefix
        .iter()
        .map(|template| quote_spanned!(here=> .prefix(#template)));
    let ttl = function
        .ttl
        .as_ref()
        .and_then(|ttl| time(runtime, ttl))
        .map(|ttl| quote_spanned!(here=> .ttl(#ttl)));
    let ttl_env = function
        .ttl_env
        .iter()
        .map(|name| quote_spanned!(here=> .env(#name)));
    let jitter = function
        .jitter
        .iter()
        .map(|share| quote_spanned!(here=> .jittered(#share)));
    let none = function
        .cache_none
        .iter()
        .filter_map(|(_, ttl)| time(runtime, ttl));
    let error = function
        .cache_err
        .iter()
        .filter_map(|(_, ttl)| time(runtime, ttl));
    let version = function
        .version
        .iter()
        .map(|version| quote_spanned!(here=> .version(#version)));
    let id = function.id.iter().map(|id| quote_spanned!(here=> .id(#id)));
    quote_spanned! {here=>
        #runtime::__private::function!(
            #name #(#prefix)* #ttl #(#ttl_env)* #(#jitter)* #(.keeps_none(#none))* #(.keeps_errors(#error))* #(#version)* #(#id)*
        )
    }
}

/// A `Duration` known at compile time; a closure's is not.
fn time(runtime: &TokenStream, ttl: &Ttl) -> Option<TokenStream> {
    match ttl {
        Ttl::Known(length) => Some(literal(*length)),
        Ttl::Constant(constant) => {
            let at = here().located_at(first_span(constant));
            let runtime = located(runtime, at);
            Some(quote_spanned!(at=> #runtime::__private::checked(#constant)))
        }
        Ttl::Closure(_) => None,
    }
}

fn first_span(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

fn literal(length: Duration) -> TokenStream {
    let here = here();
    let seconds = length.as_secs();
    if length.subsec_nanos() == 0 {
        quote_spanned!(here=> ::core::time::Duration::from_secs(#seconds))
    } else {
        let nanoseconds = length.subsec_nanos();
        quote_spanned!(here=> ::core::time::Duration::new(#seconds, #nanoseconds))
    }
}

/// An expression for the function's static, as the function itself sees it.
fn handle(function: &CachedFn) -> TokenStream {
    let here = here();
    match &function.companions {
        Companions::Off => declaration(function),
        Companions::Struct(name) => quote_spanned!(here=> #name::__cached()),
        Companions::Methods(_) => {
            let method = declaring(function);
            quote_spanned!(here=> Self::#method())
        }
    }
}

/// The name of the hidden function that holds the static.
fn declaring(function: &CachedFn) -> Ident {
    match &function.companions {
        Companions::Methods(start) => format_ident!("__cached_{}", start, span = here()),
        Companions::Struct(_) | Companions::Off => Ident::new("__cached", here()),
    }
}

/// What `cache = …` says, checked at one place so that a mistake in it is told once.
fn chosen(runtime: &TokenStream, cache: &Expr) -> TokenStream {
    let at = here().located_at(first_span(cache));
    let runtime = located(runtime, at);
    quote_spanned!(at=> #runtime::__private::chosen(&#cache))
}

/// Statements that leave the key in `__key`.
fn key(function: &CachedFn, handle: &TokenStream) -> TokenStream {
    let CachedFn {
        runtime,
        components,
        generics,
        ..
    } = function;
    let here = here();
    let components = components.iter().map(|component| {
        let value = &component.value;
        let at = here.located_at(component.span);
        let runtime = located(runtime, at);
        quote_spanned!(at=> #runtime::__private::Argument(&#value).__push(&mut __key);)
    });
    let generics = generics.iter().map(|generic| match generic {
        Generic::Type(name) => {
            quote_spanned!(here=> #runtime::__private::push_type::<#name>(&mut __key);)
        }
        Generic::Const(name) => {
            quote_spanned!(here=> #runtime::__private::Argument(&#name).__push(&mut __key);)
        }
        Generic::Of(name) => {
            quote_spanned!(here=> #runtime::__private::push_type_of(&mut __key, &#name);)
        }
        Generic::Surroundings => {
            quote_spanned!(here=> #runtime::__private::push_surroundings(&mut __key, &|| ());)
        }
    });
    quote_spanned! {here=>
        let mut __key = #runtime::Key::of(#handle);
        #(#components)*
        #(#generics)*
    }
}

/// The one call that carries the bounds on the value, and what a load needs besides.
fn codec(function: &CachedFn) -> TokenStream {
    let here = here();
    let reader = reader(function);
    let none = function.cache_none.iter().map(|(span, _)| {
        let method = Ident::new("cache_none", here.located_at(*span));
        quote_spanned!(here=> .#method())
    });
    let cache_if = function
        .cache_if
        .iter()
        .map(|closure| quote_spanned!(here=> .cache_if(#closure)));
    let ttl_with = function.ttl.iter().filter_map(|ttl| match ttl {
        Ttl::Closure(closure) => Some(quote_spanned!(here=> .ttl_with(#closure))),
        Ttl::Known(_) | Ttl::Constant(_) => None,
    });
    quote_spanned!(here=> #reader #(#none)* #(#cache_if)* #(#ttl_with)*)
}

/// As much of it as `peek` needs.
fn reader(function: &CachedFn) -> TokenStream {
    let CachedFn {
        runtime, returns, ..
    } = function;
    // All of it lies at the stored type, because the compiler may blame any part of a chain.
    let at = here().located_at(function.stored_at);
    let runtime = located(runtime, at);
    let error = function.cache_err.iter().map(|(span, _)| {
        let method = Ident::new("cache_err", here().located_at(*span));
        quote_spanned!(at=> .#method())
    });
    quote_spanned! {at=>
        #runtime::__private::Returns::<#returns>::NEW.__result().__option().__codec() #(#error)*
    }
}

/// `profile::key(42)` and so on for a function, `self.profile_key(42)` and so on for a method.
///
/// ```text
/// #[doc(hidden)]
/// struct profile {}
/// impl profile {
///     fn __cached() -> &'static ::cached_core::__private::Function { function!(…) }
///     fn key(id: u64) -> ::cached_core::Key { … }
///     async fn peek(id: u64) -> Option<Result<Profile, DbError>> { … }
///     async fn refresh(id: u64, db: &Db) -> Result<Profile, DbError> { … profile(id, db) … }
///     async fn uncached(id: u64, db: &Db) -> Result<Profile, DbError> { … profile(id, db) … }
/// }
/// ```
fn companions(function: &CachedFn) -> TokenStream {
    let here = here();
    let conditions = attributes(function, &["cfg"]);
    let visibility = respan(function.item.visibility.to_token_stream());
    match &function.companions {
        Companions::Off => TokenStream::new(),
        Companions::Struct(name) => {
            let named =
                |companion: &str| Ident::new(companion, Span::call_site().located_at(name.span()));
            let functions = companion_functions(function, &visibility, &named);
            quote_spanned! {here=>
                #(#conditions)*
                #[doc(hidden)]
                #visibility struct #name {}
                #(#conditions)*
                impl #name { #(#functions)* }
            }
        }
        Companions::Methods(start) => {
            let span = Span::call_site().located_at(function.item.signature.ident.span());
            let named = |companion: &str| format_ident!("{}_{}", start, companion, span = span);
            let methods = companion_functions(function, &visibility, &named);
            let methods = methods
                .iter()
                .map(|method| quote_spanned!(here=> #(#conditions)* #[doc(hidden)] #method));
            methods.collect()
        }
    }
}

fn companion_functions(
    function: &CachedFn,
    visibility: &TokenStream,
    named: &dyn Fn(&str) -> Ident,
) -> [TokenStream; 5] {
    let CachedFn {
        item,
        runtime,
        returns,
        signatures,
        ..
    } = function;
    let here = here();
    let (parameters, _, bounds) = item.signature.generics.split_for_impl();
    let declaration = declaration(function);
    let declaring = declaring(function);
    let handle = quote_spanned!(here=> Self::#declaring());
    let make_key = key(function, &handle);
    let codec = reader(function);
    let looking = &signatures.looking;
    let calling = &signatures.calling;
    let idle = signatures
        .idle
        .iter()
        .map(|name| quote_spanned!(here=> let _ = &#name;));
    let idle: TokenStream = idle.collect();
    // `key` makes the key where the parameters can be passed on to it.
    let looked = match &signatures.looked {
        Some(passed) => {
            let key = named("key");
            let turbofish = turbofish(function);
            quote_spanned!(here=> let __key = Self::#key #turbofish(#(#passed),*);)
        }
        None => make_key.clone(),
    };
    let peek_at = match &function.cache {
        None => quote_spanned!(here=> peek(__key)),
        Some(cache) => {
            let cache = chosen(runtime, cache);
            quote_spanned!(here=> peek_in(#cache, __key))
        }
    };
    let user = call(function);
    let levels = levels(function);
    let of_looking = crowded(looking);
    let of_calling = crowded(calling);
    let key = named("key");
    let peek = named("peek");
    let calls = [("refresh", "refreshing"), ("uncached", "uncached")].map(|(companion, call)| {
        let (name, call) = (named(companion), Ident::new(call, here));
        quote_spanned! {here=>
            #levels
            #of_calling
            #visibility async fn #name #parameters(#(#calling),*) -> #returns #bounds {
                #runtime::__private::#call(#handle, #user).await
            }
        }
    });
    let [refresh, uncached] = calls;
    [
        quote_spanned! {here=>
            fn #declaring() -> &'static #runtime::__private::Function {
                #declaration
            }
        },
        quote_spanned! {here=>
            #levels
            #of_looking
            #visibility fn #key #parameters(#(#looking),*) -> #runtime::Key #bounds {
                use #runtime::__private::by_type::*;
                #idle
                #make_key
                __key
            }
        },
        quote_spanned! {here=>
            #levels
            #of_looking
            #visibility async fn #peek #parameters(#(#looking),*) -> ::core::option::Option<#returns> #bounds {
                use #runtime::__private::by_type::*;
                #idle
                #looked
                #codec.#peek_at.await
            }
        },
        refresh,
        uncached,
    ]
}

/// A call of the annotated function by its companions.
fn call(function: &CachedFn) -> TokenStream {
    let here = here();
    let signature = &function.item.signature;
    let mut name = signature.ident.clone();
    name.set_span(Span::call_site().located_at(name.span()));
    let turbofish = turbofish(function);
    match (signature.receiver(), function.signatures.passed.as_slice()) {
        (Some(_), [receiver, passed @ ..]) => {
            quote_spanned!(here=> #receiver.#name #turbofish(#(#passed),*))
        }
        (_, passed) => quote_spanned!(here=> #name #turbofish(#(#passed),*)),
    }
}

/// The generic arguments of a companion or of the function itself, for a call from one to the other.
fn turbofish(function: &CachedFn) -> Option<TokenStream> {
    let parameters = function.item.signature.generics.params.iter();
    let names = parameters.filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        GenericParam::Lifetime(_) => None,
    });
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| quote_spanned!(here()=> ::<#(#names),*>))
}

/// The user's attributes of these names, for items that share their fate.
fn attributes<'a>(function: &'a CachedFn, names: &[&str]) -> Vec<&'a Attribute> {
    let wanted = |attribute: &&Attribute| names.iter().any(|name| attribute.path().is_ident(name));
    function.item.attributes.iter().filter(wanted).collect()
}

/// What the user's function may do, its companions may do: they take its types, and they call it.
fn levels(function: &CachedFn) -> TokenStream {
    let here = here();
    let allowed = attributes(function, &["allow", "expect"])
        .into_iter()
        .filter_map(|attribute| {
            let lints = &attribute.meta.require_list().ok()?.tokens;
            Some(quote_spanned!(here=> #[allow(#lints)]))
        });
    let deprecated = attributes(function, &["deprecated"])
        .into_iter()
        .map(|attribute| quote_spanned!(here=> #attribute #[allow(deprecated)]));
    allowed.chain(deprecated).collect()
}

/// Clippy counts parameters, also those of a macro's function.
fn crowded(parameters: &[TokenStream]) -> Option<TokenStream> {
    (parameters.len() > 7).then(|| quote_spanned!(here()=> #[allow(clippy::too_many_arguments)]))
}

/// Tokens as if the macro had written them, so that the caller's lints do not apply to them.
fn respan(tokens: TokenStream) -> TokenStream {
    respan_with(tokens, &|span| here().located_at(span))
}

/// Tokens at another place: where the compiler puts a message about what begins with them.
fn located(tokens: &TokenStream, at: Span) -> TokenStream {
    respan_with(tokens.clone(), &|_| at)
}

fn respan_with(tokens: TokenStream, span: &dyn Fn(Span) -> Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), respan_with(group.stream(), span)).into();
        }
        // `$crate` means what its span says.
        if !matches!(&token, TokenTree::Ident(ident) if ident == "$crate") {
            token.set_span(span(token.span()));
        }
        token
    });
    respanned.collect()
}
