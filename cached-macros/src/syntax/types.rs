//! Types as they are spelled, and as they have to be spelled elsewhere.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, Path, PathArguments, PathSegment,
    Type, TypeParamBound, parse_quote,
};

/// Iterates over the types between the angle brackets of a name.
pub(crate) fn type_arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// Writes this lifetime wherever the type leaves one out, if it does.
pub(crate) fn spell_lifetimes(ty: &Type, lifetime: &Lifetime) -> Option<Type> {
    let mut ty = ty.clone();
    let mut speller = Speller {
        lifetime: Some(lifetime),
        opaque: None,
        is_changed: false,
    };
    speller.rewrite_type(&mut ty);
    speller.is_changed.then_some(ty)
}

/// Replaces what no other function can return: an opaque type, `!`, and a borrow from a parameter that may not be
/// there.
pub(crate) fn replace_unreturnable(mut ty: Type) -> Type {
    let mut speller = Speller {
        lifetime: Some(&parse_quote!('static)),
        opaque: Some(parse_quote!(::core::convert::Infallible)),
        is_changed: false,
    };
    speller.rewrite_type(&mut ty);
    ty
}

/// Writes `_` in place of what has no name.
pub(crate) fn infer_unnameable(mut ty: Type) -> Type {
    let mut speller = Speller {
        lifetime: None,
        opaque: Some(parse_quote!(_)),
        is_changed: false,
    };
    speller.rewrite_type(&mut ty);
    ty
}

/// Rewrites a type.
struct Speller<'a> {
    /// Takes the place of a lifetime that is left out.
    lifetime: Option<&'a Lifetime>,
    /// Takes the place of an opaque type.
    opaque: Option<Type>,
    is_changed: bool,
}

impl Speller<'_> {
    fn rewrite_type(&mut self, ty: &mut Type) {
        match ty {
            Type::ImplTrait(_) | Type::Never(_) => {
                if let Some(opaque) = &self.opaque {
                    ty.clone_from(opaque);
                }
            }
            Type::Reference(reference) => {
                match (&mut reference.lifetime, self.lifetime) {
                    (Some(lifetime), _) => self.rewrite_lifetime(lifetime),
                    (None, Some(spelled)) => {
                        reference.lifetime = Some(spelled.clone());
                        self.is_changed = true;
                    }
                    (None, None) => {}
                }
                self.rewrite_type(&mut reference.elem);
            }
            Type::Path(path) => {
                if let Some(of) = &mut path.qself {
                    self.rewrite_type(&mut of.ty);
                }
                self.rewrite_path(&mut path.path);
            }
            Type::TraitObject(object) => {
                for bound in &mut object.bounds {
                    match bound {
                        TypeParamBound::Lifetime(lifetime) => self.rewrite_lifetime(lifetime),
                        TypeParamBound::Trait(bound) => self.rewrite_path(&mut bound.path),
                        _ => {}
                    }
                }
            }
            Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|ty| self.rewrite_type(ty)),
            Type::Array(array) => self.rewrite_type(&mut array.elem),
            Type::Slice(slice) => self.rewrite_type(&mut slice.elem),
            Type::Group(group) => self.rewrite_type(&mut group.elem),
            Type::Paren(paren) => self.rewrite_type(&mut paren.elem),
            // What a function pointer leaves out is its own.
            _ => {}
        }
    }

    fn rewrite_path(&mut self, path: &mut Path) {
        for segment in &mut path.segments {
            if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                self.rewrite_arguments(arguments);
            }
        }
    }

    fn rewrite_arguments(&mut self, arguments: &mut AngleBracketedGenericArguments) {
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Type(ty) => self.rewrite_type(ty),
                GenericArgument::AssocType(associated) => self.rewrite_type(&mut associated.ty),
                GenericArgument::Lifetime(lifetime) => self.rewrite_lifetime(lifetime),
                _ => {}
            }
        }
    }

    fn rewrite_lifetime(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_"
            && let Some(spelled) = self.lifetime
        {
            lifetime.clone_from(spelled);
            self.is_changed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    fn text(ty: &Type) -> String {
        ty.to_token_stream().to_string()
    }

    #[test]
    fn a_stub_can_return_its_type() {
        let check = |written: &str, expected: &str| {
            let ty = replace_unreturnable(syn::parse_str(written).unwrap());
            assert_eq!(text(&ty), text(&syn::parse_str(expected).unwrap()));
        };
        check("io::Result<Vec<[u8; 4]>>", "io::Result<Vec<[u8; 4]>>");
        check("impl Display", "::core::convert::Infallible");
        check(
            "Option<(&str, Ref<'_, u8>)>",
            "Option<(&'static str, Ref<'static, u8>)>",
        );
        check("&'a [&u8]", "&'a [&'static u8]");
        check("!", "::core::convert::Infallible");
    }

    #[test]
    fn what_cannot_be_named_is_left_to_the_compiler() {
        let check = |written: &str, expected: &str| {
            let ty = infer_unnameable(syn::parse_str(written).unwrap());
            assert_eq!(text(&ty), text(&syn::parse_str(expected).unwrap()));
        };
        check("impl IntoResponse + use<>", "_");
        check(
            "Result<(impl A, &'static str), E>",
            "Result<(_, &'static str), E>",
        );
        check("io::Result<Vec<[u8; 4]>>", "io::Result<Vec<[u8; 4]>>");
        check("Result<&str, E<'_>>", "Result<&str, E<'_>>");
    }

    #[test]
    fn a_lifetime_that_is_left_out_is_spelled() {
        let lifetime = syn::parse_str("'r").unwrap();
        let check = |written: &str, expected: Option<&str>| {
            let spelled = spell_lifetimes(&syn::parse_str(written).unwrap(), &lifetime);
            let expected = expected.map(|ty| text(&syn::parse_str(ty).unwrap()));
            assert_eq!(spelled.as_ref().map(text), expected);
        };
        check("Result<u64, &str>", Some("Result<u64, &'r str>"));
        check(
            "Result<u64, Box<dyn Load<Item = &'_ u8> + '_>>",
            Some("Result<u64, Box<dyn Load<Item = &'r u8> + 'r>>"),
        );
        check(
            "<Fut<'_> as Future>::Output",
            Some("<Fut<'r> as Future>::Output"),
        );
        for complete in [
            "Result<u64, E<'a>>",
            "fn(&str) -> &str",
            "Box<dyn Fn(&str) -> u8>",
        ] {
            check(complete, None);
        }
    }
}
