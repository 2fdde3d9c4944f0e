//! An annotated `impl`, and whether companions of its functions have a place beside it.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Generics, Path, Type};

use super::impl_context::ImplContext;
use super::impl_generics::split_generics;
use crate::diagnostics::Errors;
use crate::parse::impl_header::Header;
use crate::syntax::groups::peel_type;

/// An annotated `impl`, as its functions and their companions need to know it.
pub(crate) struct CheckedImpl {
    pub(crate) header: Header,
    /// The generic parameters that the type determines.
    pub(crate) determined: Generics,
    /// Those that it does not determine.
    free: Generics,
}

impl CheckedImpl {
    /// Tells the generic parameters apart.
    pub(crate) fn new(header: Header) -> CheckedImpl {
        let [determined, free] = split_generics(&header.parsed.generics, &header.parsed.self_ty);
        CheckedImpl {
            header,
            determined,
            free,
        }
    }

    /// Returns true for the `impl` of a trait.
    pub(crate) fn is_of_trait(&self) -> bool {
        self.header.parsed.trait_.is_some()
    }

    /// Returns what each function in it knows of it.
    pub(crate) fn context(&self) -> ImplContext {
        match &self.header.parsed.trait_ {
            Some((of, _)) => ImplContext::Trait {
                of: of.clone(),
                free: self.free.clone(),
            },
            None => ImplContext::Inherent,
        }
    }

    /// Returns the reason why the type can have no companions, if it cannot.
    pub(crate) fn refuse_companions(&self) -> Option<syn::Error> {
        self.header.parsed.trait_.as_ref()?;
        let of = &self.header.parsed.self_ty;
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
        let mut parameters = self.header.parsed.generics.type_params();
        parameters.any(|parameter| parameter.ident == *name)
    }

    /// Returns false, and reports an error, if a companion would stand before a method of the trait:
    /// `repo.find_key()` would be another call.
    pub(crate) fn check_names(&self, start: &Ident, errors: &mut Errors) -> bool {
        let start = start.unraw().to_string();
        let mut is_free = true;
        for companion in ["key", "peek", "invalidate", "refresh", "uncached"] {
            let name = format!("{start}_{companion}");
            if let Some(declared) = self
                .header
                .declared
                .iter()
                .find(|declared| **declared == name)
            {
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

/// Returns true for the name of a well-known type of the standard library. The crate's own type may have it as
/// well, but hardly does, and what the message says to write is right there too.
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
