//! The generic parameters of an `impl`: those that its type determines, and the others.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{
    GenericArgument, GenericParam, Generics, Ident, PathArguments, Type, TypeParamBound,
    WherePredicate, parse_quote,
};

use crate::syntax::tokens::find_ident;

/// Splits them into those that `ty` determines and the others, each with their bounds. Lifetimes are among the
/// former in any case: the compiler asks no more of them.
///
/// ```text
/// impl<K: Clone, T> Get<K> for Repo<T> where T: Into<K> + Send
/// // is
/// impl<T> … for Repo<T> where T: Send
/// // and
/// <K: Clone> where T: Into<K>
/// ```
pub(super) fn split_generics(generics: &Generics, ty: &Type) -> [Generics; 2] {
    let all: Vec<&Ident> = generics.params.iter().filter_map(name_of).collect();
    let mut determined = all.clone();
    determined.retain(|name| is_in(ty.to_token_stream(), &[name]));
    // What is known of one parameter may tell another, as in `I: Iterator<Item = T>`.
    for _ in &all {
        let told = find_told(generics, &all, &determined);
        determined.extend(told);
    }
    let free: Vec<&Ident> = all
        .into_iter()
        .filter(|name| !determined.contains(name))
        .collect();
    let mut halves = [Generics::default(), Generics::default()];
    if free.is_empty() {
        let [first, _] = &mut halves;
        first.clone_from(generics);
        return halves;
    }
    let [first, second] = &mut halves;
    for parameter in &generics.params {
        if name_of(parameter).is_some_and(|name| free.contains(&name)) {
            second.params.push(parameter.clone());
            continue;
        }
        let mut parameter = parameter.clone();
        if let GenericParam::Type(parameter) = &mut parameter {
            let (moved, kept) = std::mem::take(&mut parameter.bounds)
                .into_iter()
                .partition::<Vec<_>, _>(|bound| is_in(bound.to_token_stream(), &free));
            parameter.bounds = kept.into_iter().collect();
            if !moved.is_empty() {
                let name = &parameter.ident;
                let predicates = &mut second.make_where_clause().predicates;
                predicates.push(parse_quote!(#name: #(#moved)+*));
            }
        }
        first.params.push(parameter);
    }
    for predicate in generics
        .where_clause
        .iter()
        .flat_map(|bounds| &bounds.predicates)
    {
        let is_free = is_in(predicate.to_token_stream(), &free);
        let half = if is_free { &mut *second } else { &mut *first };
        half.make_where_clause().predicates.push(predicate.clone());
    }
    halves
}

/// Returns the name of a type or of a constant.
fn name_of(parameter: &GenericParam) -> Option<&Ident> {
    match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// Returns true if one of the names is among the tokens.
fn is_in(tokens: TokenStream, names: &[&Ident]) -> bool {
    find_ident(tokens, &|ident| names.contains(&ident)).is_some()
}

/// Finds those of `all` that bounds tell by associated types of nothing but what is `determined`.
fn find_told<'a>(generics: &Generics, all: &[&'a Ident], determined: &[&Ident]) -> Vec<&'a Ident> {
    let unknown: Vec<&Ident> = all
        .iter()
        .copied()
        .filter(|name| !determined.contains(name))
        .collect();
    let mut told = Vec::new();
    let mut learn = |of: TokenStream, bounds: &mut dyn Iterator<Item = &TypeParamBound>| {
        if is_in(of, &unknown) {
            return;
        }
        for associated in bounds.flat_map(associated_types) {
            let is_told = |name: &&Ident| is_in(associated.to_token_stream(), &[name]);
            told.extend(unknown.iter().copied().filter(is_told));
        }
    };
    for parameter in generics.type_params() {
        learn(
            parameter.ident.to_token_stream(),
            &mut parameter.bounds.iter(),
        );
    }
    for predicate in generics
        .where_clause
        .iter()
        .flat_map(|bounds| &bounds.predicates)
    {
        if let WherePredicate::Type(predicate) = predicate {
            learn(
                predicate.bounded_ty.to_token_stream(),
                &mut predicate.bounds.iter(),
            );
        }
    }
    all.iter()
        .copied()
        .filter(|name| told.contains(name))
        .collect()
}

/// Returns the `T` of `Iterator<Item = T>`.
fn associated_types(bound: &TypeParamBound) -> Vec<&Type> {
    let TypeParamBound::Trait(bound) = bound else {
        return Vec::new();
    };
    let arguments = bound
        .path
        .segments
        .iter()
        .filter_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
            PathArguments::None | PathArguments::Parenthesized(_) => None,
        });
    arguments
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::AssocType(associated) => Some(&associated.ty),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use syn::ItemImpl;

    use super::*;

    fn check(written: &str, expected: &str, free: &str) {
        let written: ItemImpl = syn::parse_str(&format!("{written} {{}}")).unwrap();
        let text = |generics: &Generics| {
            let bounds = &generics.where_clause;
            let text = quote::quote!(#generics #bounds).to_string();
            text.replace(' ', "")
        };
        let halves = split_generics(&written.generics, &written.self_ty);
        let expected = [expected, free].map(|expected| expected.replace(' ', ""));
        assert_eq!(halves.each_ref().map(text), expected);
    }

    #[test]
    fn what_the_type_names_is_determined() {
        check(
            "impl<'a, T: Into<u8>, const N: usize> Users for Repo<'a, T, N> where T: Clone",
            "<'a, T: Into<u8>, const N: usize> where T: Clone",
            "",
        );
        check("impl<'q> Find<'q> for Repo", "<'q>", "");
    }

    #[test]
    fn what_it_does_not_name_is_free_with_its_bounds() {
        check(
            "impl<K: Clone, T: Into<K> + ?Sized, const N: usize> Get<K, N> for Repo<T> where T: Send, K: Serialize",
            "<T: ?Sized> where T: Send",
            "<K: Clone, const N: usize> where T: Into<K>, K: Serialize",
        );
    }

    #[test]
    fn one_parameter_may_tell_another() {
        check(
            "impl<I: Iterator<Item = Option<T>>, T, U> Get<T, U> for Over<I> where T: Deref<Target = U>",
            "<I: Iterator<Item = Option<T>>, T, U> where T: Deref<Target = U>",
            "",
        );
        check(
            "impl<K: Entity<Id = T>, T> Get<K, T> for Repo",
            "",
            "<K: Entity<Id = T>, T>",
        );
    }
}
