//! What stands before the braces, and what it leaves room for.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Generics, ItemImpl, Path, Type};

use crate::check::Within;
use crate::check::impl_parameters::split;
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_type;

pub(crate) struct Header {
    /// As written.
    pub(crate) written: TokenStream,
    /// The block itself, for what its braces are.
    pub(crate) braces: Group,
    /// What was written, read: without what is in the braces.
    pub(crate) own: ItemImpl,
    /// The parameters that the type determines, and those that it does not.
    pub(crate) determined: Generics,
    free: Generics,
    /// The names of all types, constants and functions in the braces.
    pub(crate) declared: Vec<Ident>,
}

impl Header {
    pub(crate) fn read(written: TokenStream, braces: Group) -> syn::Result<Header> {
        let own: ItemImpl = syn::parse2(quote!(#written {}))?;
        let declared = declared(braces.stream());
        let [determined, free] = split(&own.generics, &own.self_ty);
        Ok(Header {
            written,
            braces,
            own,
            determined,
            free,
            declared,
        })
    }

    pub(crate) fn within(&self) -> Within {
        match &self.own.trait_ {
            Some((of, _)) => Within::Trait {
                of: of.clone(),
                free: self.free.clone(),
            },
            None => Within::Type,
        }
    }

    /// Why the type can have no companions, if it cannot.
    pub(crate) fn barred(&self) -> Option<syn::Error> {
        self.own.trait_.as_ref()?;
        let of = &self.own.self_ty;
        let written = of.to_token_stream();
        let why = match peel_type(of) {
            Type::Reference(_) => "a reference has none".to_owned(),
            Type::Tuple(_) => "a tuple has none".to_owned(),
            Type::Slice(_) => "a slice has none".to_owned(),
            Type::Array(_) => "an array has none".to_owned(),
            Type::Ptr(_) => "a pointer has none".to_owned(),
            Type::FnPtr(_) => "a pointer to a function has none".to_owned(),
            Type::Path(path) if path.path.get_ident().is_some_and(is_primitive) => {
                format!("`{}` has none", path.to_token_stream())
            }
            Type::Path(path)
                if path
                    .path
                    .get_ident()
                    .is_some_and(|name| self.is_parameter(name)) =>
            {
                format!("`{}` can be any type", path.to_token_stream())
            }
            Type::Path(path) if path.qself.is_none() && is_of_std(&path.path) => {
                let name = path.path.segments.last().map(|last| &last.ident);
                format!("`{}` is the standard library's", name.to_token_stream())
            }
            _ => return None,
        };
        Some(syn::Error::new_spanned(
            written,
            format!(
                "companions are functions of the type itself, and {why}: write `companions = off` in the `#[cached(…)]` of the functions"
            ),
        ))
    }

    fn is_parameter(&self, name: &Ident) -> bool {
        let mut parameters = self.own.generics.type_params();
        parameters.any(|parameter| parameter.ident == *name)
    }

    /// No companion may stand before a method of the trait: `repo.find_key()` would be another call.
    pub(crate) fn check_names(&self, start: &Ident, errors: &mut Errors) -> bool {
        let start = start.unraw().to_string();
        let mut is_free = true;
        for companion in ["key", "peek", "invalidate", "refresh", "uncached"] {
            let name = format!("{start}_{companion}");
            if let Some(declared) = self.declared.iter().find(|declared| **declared == name) {
                errors.report_on(declared, format!(
                    "a companion of `{start}` has this name as well: write `companions = {start}_cache` there"
                ));
                is_free = false;
            }
        }
        is_free
    }
}

fn is_primitive(name: &Ident) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64",
    ];
    PRIMITIVES.iter().any(|primitive| name == primitive)
}

/// Whether it has the name of a well-known type of the standard library. The crate's own type may have it as well, but
/// hardly does, and what the message says to write is right there too.
fn is_of_std(path: &Path) -> bool {
    const TYPES: [&str; 24] = [
        "Arc",
        "BTreeMap",
        "BTreeSet",
        "BinaryHeap",
        "Box",
        "Cow",
        "HashMap",
        "HashSet",
        "LazyLock",
        "LinkedList",
        "Mutex",
        "OnceLock",
        "Option",
        "OsString",
        "PathBuf",
        "Pin",
        "Rc",
        "RefCell",
        "Result",
        "RwLock",
        "String",
        "SystemTime",
        "Vec",
        "VecDeque",
    ];
    let mut segments = path.segments.iter().map(|segment| &segment.ident);
    let (Some(first), last) = (segments.next(), segments.next_back()) else {
        return false;
    };
    let is_its_path = last.is_none() || first == "std" || first == "core" || first == "alloc";
    is_its_path && TYPES.iter().any(|name| last.unwrap_or(first) == name)
}

fn declared(body: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut before = None;
    for token in body {
        if let (Some(TokenTree::Ident(word)), TokenTree::Ident(name)) = (&before, &token)
            && (word == "fn" || word == "type" || word == "const")
        {
            names.push(name.clone());
        }
        before = Some(token);
    }
    names
}
