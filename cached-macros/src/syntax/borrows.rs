//! Borrows in types, as far as their spelling shows them. Of an argument that is a borrow a copy can be kept; of
//! one that has a borrow inside it cannot.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, Path, PathArguments, Type,
    TypeParamBound,
};

use super::groups::peel_type;
use super::types::type_arguments;

/// A borrow of which no copy can be kept.
pub(crate) enum Borrow {
    /// `&mut`.
    Mutable,
    /// Inside another type.
    Inside,
}

/// Returns true if an argument of this type is lent as a whole. A borrow that lasts for ever is as good as owned.
pub(crate) fn is_lent(ty: &Type) -> Result<bool, (TokenStream, Borrow)> {
    let ty = peel_type(ty);
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            Err((ty.to_token_stream(), Borrow::Mutable))
        }
        Type::Reference(reference) => {
            refuse_borrow(&reference.elem)?;
            Ok(!is_static(reference.lifetime.as_ref()))
        }
        _ => refuse_borrow(ty).map(|()| false),
    }
}

/// Returns true for `'static`.
pub(crate) fn is_static(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// Finds what is borrowed in a return type: only its error can be.
pub(crate) fn find_borrow(returned: &Type) -> Option<TokenStream> {
    // Of a future with a name: how long that lives says nothing of what it gives.
    if let Type::Path(output) = returned
        && let Some(Type::Path(future)) = output.qself.as_ref().map(|of| &*of.ty)
        && let Some(found) = future
            .path
            .segments
            .last()
            .map(|last| type_arguments(last).find_map(find_borrow))
    {
        return found;
    }
    refuse_borrow(returned).err().map(|(at, _)| at)
}

/// Returns the first borrow in a type as an error.
fn refuse_borrow(ty: &Type) -> Result<(), (TokenStream, Borrow)> {
    match ty {
        Type::Group(group) => refuse_borrow(&group.elem),
        Type::Paren(paren) => refuse_borrow(&paren.elem),
        Type::Array(array) => refuse_borrow(&array.elem),
        Type::Slice(slice) => refuse_borrow(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().try_for_each(refuse_borrow),
        Type::Reference(reference) => {
            if reference.mutability.is_some() || !is_static(reference.lifetime.as_ref()) {
                return Err((ty.to_token_stream(), Borrow::Inside));
            }
            refuse_borrow(&reference.elem)
        }
        Type::Path(path) => refuse_borrow_in_path(&path.path),
        Type::TraitObject(object) => object.bounds.iter().try_for_each(refuse_borrow_in_bound),
        Type::ImplTrait(opaque) => opaque.bounds.iter().try_for_each(refuse_borrow_in_bound),
        _ => Ok(()),
    }
}

fn refuse_borrow_in_path(path: &Path) -> Result<(), (TokenStream, Borrow)> {
    let arguments = |arguments: &AngleBracketedGenericArguments| {
        arguments
            .args
            .iter()
            .try_for_each(|argument| match argument {
                GenericArgument::Lifetime(lifetime) => refuse_lifetime(lifetime),
                GenericArgument::Type(ty) => refuse_borrow(ty),
                GenericArgument::AssocType(associated) => refuse_borrow(&associated.ty),
                _ => Ok(()),
            })
    };
    path.segments
        .iter()
        .try_for_each(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(written) => arguments(written),
            // What a closure is shown is borrowed while it runs.
            PathArguments::None | PathArguments::Parenthesized(_) => Ok(()),
        })
}

fn refuse_borrow_in_bound(bound: &TypeParamBound) -> Result<(), (TokenStream, Borrow)> {
    match bound {
        TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => {
            refuse_borrow_in_path(&bound.path)
        }
        TypeParamBound::Lifetime(lifetime) => refuse_lifetime(lifetime),
        _ => Ok(()),
    }
}

fn refuse_lifetime(lifetime: &Lifetime) -> Result<(), (TokenStream, Borrow)> {
    if is_static(Some(lifetime)) {
        return Ok(());
    }
    Err((lifetime.to_token_stream(), Borrow::Inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: &str) -> Option<bool> {
        is_lent(&syn::parse_str(ty).unwrap()).ok()
    }

    #[test]
    fn a_borrow_as_a_whole_is_kept() {
        for lent in [
            "&str", "&'a [u8]", "(&Db)", "&Arc<Db>", "&impl Db", "&dyn Db",
        ] {
            assert_eq!(check(lent), Some(true), "{lent}");
        }
    }

    #[test]
    fn what_is_owned_is_moved() {
        for owned in [
            "u64",
            "&'static str",
            "Option<&'static [&'static str]>",
            "Arc<dyn Fn(&str) -> &str + Send + Sync + 'static>",
            "impl for<'a> Load<'a>",
            "for<'a> fn(&'a str) -> u8",
            "[(u8, Vec<T>); 4]",
            "impl Iterator<Item = u8>",
        ] {
            assert_eq!(check(owned), Some(false), "{owned}");
        }
    }

    #[test]
    fn a_borrowed_error_is_seen() {
        for (returned, expected) in [
            ("Result<u64, &str>", true),
            ("Option<Result<u64, E<'_>>>", true),
            ("R<'a>", true),
            ("<Load<'a, Result<u64, &'a str>> as Future>::Output", true),
            ("<Load<'a, Result<u64, String>> as Future>::Output", false),
            ("Result<Cow<'static, str>, &'static str>", false),
            ("()", false),
        ] {
            let found = find_borrow(&syn::parse_str(returned).unwrap());
            assert_eq!(found.is_some(), expected, "{returned}");
        }
    }

    #[test]
    fn other_borrows_cannot_be_kept() {
        for borrow in [
            "&mut Db",
            "&&str",
            "&'static &str",
            "Option<&str>",
            "Ctx<'_>",
            "&Ctx<'a>",
            "(u8, &str)",
            "[&str; 2]",
            "&[&str]",
            "Box<dyn Load + 'a>",
            "impl Iterator<Item = &str>",
            "Pin<&mut Self>",
        ] {
            assert_eq!(check(borrow), None, "{borrow}");
        }
    }
}
