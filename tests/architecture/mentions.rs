//! Every path that a module's code outside tests names: in `use` lines, in code, in the tokens of macros.

use std::collections::BTreeMap;

use syn::{
    Attribute, Field, FieldValue, ImplItem, Item, ItemUse, Local, Macro, Meta, Path, TraitItem,
    UseTree,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::{test_code, tokens};

/// One path that the code names.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub(crate) line: usize,
    /// The path as it is written, its braces resolved.
    pub(crate) written: String,
    pub(crate) target: Target,
    /// The name that a `use` gives to the target.
    binds: Option<String>,
}

/// The place that a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Below the root of this crate.
    Inside(Vec<String>),
    /// Another crate, or a name that is in scope.
    Elsewhere(Vec<String>),
}

impl Mention {
    /// The path into another crate, with a name that a `use` brought into scope written out.
    pub(crate) fn path_elsewhere(&self, uses: &BTreeMap<String, Target>) -> Option<Vec<String>> {
        let Target::Elsewhere(names) = &self.target else {
            return None;
        };
        match names.first().and_then(|first| uses.get(first)) {
            Some(Target::Elsewhere(path)) if !self.is_use() => {
                Some(path.iter().chain(names.iter().skip(1)).cloned().collect())
            }
            Some(Target::Inside(_)) if !self.is_use() => None,
            _ => Some(names.clone()),
        }
    }

    pub(crate) fn is_use(&self) -> bool {
        self.binds.is_some()
    }
}

/// The names that the `use` lines among `mentions` bring into scope.
pub(crate) fn names_in_scope(mentions: &[Mention]) -> BTreeMap<String, Target> {
    let bound = |mention: &Mention| Some((mention.binds.clone()?, mention.target.clone()));
    mentions.iter().filter_map(bound).collect()
}

/// The paths of one module.
pub(crate) struct Mentions<'a> {
    module: &'a [String],
    children: &'a [String],
    found: Vec<Mention>,
}

impl<'a> Mentions<'a> {
    pub(crate) fn of(module: &'a [String], children: &'a [String], items: &[Item]) -> Vec<Mention> {
        let mut mentions = Self {
            module,
            children,
            found: Vec::new(),
        };
        for item in items {
            mentions.visit_item(item);
        }
        mentions.found
    }

    fn add(&mut self, line: usize, names: &[String], binds: Option<String>) {
        self.found.push(Mention {
            line,
            written: names.join("::"),
            target: self.resolve(names),
            binds,
        });
    }

    /// Follows `crate`, `self`, `super` and the modules declared here.
    fn resolve(&self, names: &[String]) -> Target {
        let Some((first, rest)) = names.split_first() else {
            return Target::Elsewhere(Vec::new());
        };
        let above = names.iter().take_while(|name| *name == "super").count();
        let below = |module: &[String], rest: &[String]| Target::Inside([module, rest].concat());
        match first.as_str() {
            "crate" => Target::Inside(rest.to_vec()),
            "super" => {
                let depth = self.module.len().saturating_sub(above);
                below(&self.module[..depth], &names[above..])
            }
            "self" if rest.first().is_some_and(|name| name == "super") => self.resolve(rest),
            "self" => below(self.module, rest),
            _ if self.children.contains(first) => below(self.module, names),
            _ => Target::Elsewhere(names.to_vec()),
        }
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String]) {
        let line = tree.span().start().line;
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&path.tree, &with(path.ident.to_string())),
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.add_use(tree, before)),
            UseTree::Glob(_) => self.add(line, &with("*".to_owned()), Some("*".to_owned())),
            UseTree::Name(name) if name.ident == "self" => {
                self.add(line, before, before.last().cloned());
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.add(line, &with(name.clone()), Some(name));
            }
            UseTree::Rename(renamed) => {
                let path = match renamed.ident.to_string() {
                    name if name == "self" => before.to_vec(),
                    name => with(name),
                };
                self.add(line, &path, Some(renamed.rename.to_string()));
            }
        }
    }

    fn add_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let mut paths = Vec::new();
        tokens::collect(tokens, &mut paths);
        for path in paths {
            // In a macro's output `super` is the place where it is used.
            let first = path.names[0].as_str();
            if !matches!(first, "self" | "super") {
                self.add(path.line, &path.names, None);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Mentions<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !test_code::is_for_tests(test_code::attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !test_code::is_for_tests(test_code::attributes_in_impl(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !test_code::is_for_tests(test_code::attributes_in_trait(item)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if !test_code::is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast FieldValue) {
        if !test_code::is_for_tests(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if !test_code::is_for_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.add(path.span().start().line, &names, None);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.visit_path(&called.path);
        self.add_tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths that `code` names, in the module `a::b` of this crate, which has a child `c`.
    fn named(code: &str) -> Vec<String> {
        let file = syn::parse_file(code).unwrap();
        let module = ["a".to_owned(), "b".to_owned()];
        let found = Mentions::of(&module, &["c".to_owned()], &file.items);
        let shown = |mention: &Mention| match &mention.target {
            Target::Inside(names) => format!("here::{}", names.join("::")),
            Target::Elsewhere(names) => names.join("::"),
        };
        found.iter().map(shown).collect()
    }

    #[test]
    fn use_lines_are_resolved() {
        let code = "
            use crate::{x::{self, Y as Z}, w};
            pub(crate) use super::d::*;
            use super::super::e;
            use self::c::F;
            use c::G;
            use std::fmt;";
        let expected = [
            "here::x",
            "here::x::Y",
            "here::w",
            "here::a::d::*",
            "here::e",
            "here::a::b::c::F",
            "here::a::b::c::G",
            "std::fmt",
        ];
        assert_eq!(named(code), expected);
    }

    #[test]
    fn paths_in_code_and_in_macros_are_found() {
        let code = "
            fn f(x: crate::x::X<super::y::Y>) -> crate::Z { crate::w::g::<crate::v::V>(x); c::h() }
            pub(in crate::u) struct S(#[derive(crate::t::T)] u8);
            macro_rules! m { () => { crate::s::S; $crate::r::R; super::q::Q } }
            fn g() { log!(\"{}\", crate::p::P) }";
        let expected = [
            "here::x::X",
            "here::a::y::Y",
            "here::Z",
            "here::w::g",
            "here::v::V",
            "here::a::b::c::h",
            "here::u",
            "here::t::T",
            "here::s::S",
            "here::p::P",
        ];
        assert_eq!(named(code), expected);
    }

    #[test]
    fn code_for_tests_and_comments_name_nothing() {
        let code = "
            /// As [`crate::x::X`].
            #[cfg(test)]
            use crate::y;
            #[cfg(cached_loom)]
            mod loom { use crate::z; }
            struct S { #[cfg(test)] w: crate::w::W }
            impl S { #[cfg(test)] fn f() { crate::v::g() } }
            fn f() { S { #[cfg(test)] w: crate::w::W::new() }; }";
        assert_eq!(named(code), Vec::<String>::new());
    }
}
