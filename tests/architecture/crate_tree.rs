//! A crate as the compiler sees it: modules by their `mod` lines, from `lib.rs` on.

use std::{collections::BTreeMap, ops::RangeInclusive};

use syn::{Expr, ExprLit, Item, ItemMod, Lit, Meta, spanned::Spanned as _};

use crate::{
    checkout::Checkout,
    mentions::{Mention, Mentions},
    test_code,
};

/// The modules and files of one crate.
pub(crate) struct CrateTree {
    pub(crate) name: String,
    pub(crate) modules: Vec<Module>,
    pub(crate) files: BTreeMap<String, SourceFile>,
}

/// One module, in a file of its own or in braces; those in braces are not part of the one around them.
pub(crate) struct Module {
    /// Empty for the root.
    pub(crate) path: Vec<String>,
    pub(crate) file: String,
    /// The line of its `mod`, in the file around it.
    pub(crate) line: usize,
    pub(crate) is_for_tests: bool,
    pub(crate) mentions: Vec<Mention>,
}

/// A file that is compiled outside tests.
#[derive(Default)]
pub(crate) struct SourceFile {
    pub(crate) lines: Vec<String>,
    /// Lines of items that only tests see.
    pub(crate) for_tests: Vec<RangeInclusive<usize>>,
    pub(crate) items: Vec<Item>,
}

impl SourceFile {
    pub(crate) fn is_for_tests(&self, line: usize) -> bool {
        self.for_tests.iter().any(|lines| lines.contains(&line))
    }
}

impl CrateTree {
    pub(crate) fn read(checkout: &Checkout, name: &str) -> Self {
        let mut tree = Self {
            name: name.to_owned(),
            modules: Vec::new(),
            files: BTreeMap::new(),
        };
        let root = Declared {
            path: Vec::new(),
            folder: format!("{name}/src"),
            line: 1,
            is_for_tests: false,
        };
        tree.add_file(checkout, root, &format!("{name}/src/lib.rs"));
        tree
    }

    /// The path of a file below `src`.
    pub(crate) fn file(&self, below_src: &str) -> String {
        format!("{}/src/{below_src}", self.name)
    }

    /// The modules at the root.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| module.path.len() == 1)
    }

    /// The modules that users compile.
    pub(crate) fn modules_outside_tests(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| !module.is_for_tests)
    }

    /// The room of a path from the root, which is the file that its first name lies in; none if the name is an item of
    /// `lib.rs`.
    pub(crate) fn room_of(&self, path: &[String]) -> Option<String> {
        let first = path.first()?;
        self.rooms()
            .any(|room| room.path[0] == *first)
            .then(|| room_name(first))
    }

    fn add_file(&mut self, checkout: &Checkout, module: Declared, file: &str) {
        let Some(text) = checkout.text(file) else {
            return;
        };
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        if !module.is_for_tests {
            let source = SourceFile {
                lines: text.lines().map(str::to_owned).collect(),
                ..SourceFile::default()
            };
            self.files.insert(file.to_owned(), source);
        }
        self.add_module(checkout, module, file, &parsed.items);
    }

    fn add_module(&mut self, checkout: &Checkout, module: Declared, file: &str, items: &[Item]) {
        let mut others = Vec::new();
        let mut children = Vec::new();
        for item in items {
            let is_for_tests = test_code::is_for_tests(test_code::attributes(item));
            if let Some(source) = self.files.get_mut(file)
                && is_for_tests
            {
                source.for_tests.push(lines_of(item));
            }
            match item {
                Item::Mod(child) => {
                    children.push(child.ident.to_string());
                    let is_for_tests = module.is_for_tests || is_for_tests;
                    self.add_child(checkout, &module, file, child, is_for_tests);
                }
                item => others.push(item.clone()),
            }
        }
        let mentions = if module.is_for_tests {
            Vec::new()
        } else {
            Mentions::of(&module.path, &children, &others)
        };
        self.modules.push(Module {
            path: module.path,
            file: file.to_owned(),
            line: module.line,
            is_for_tests: module.is_for_tests,
            mentions,
        });
        if let Some(source) = self.files.get_mut(file)
            && !module.is_for_tests
        {
            source.items.extend(others);
        }
    }

    fn add_child(
        &mut self,
        checkout: &Checkout,
        around: &Declared,
        file: &str,
        child: &ItemMod,
        is_for_tests: bool,
    ) {
        let name = child.ident.to_string();
        let module = Declared {
            path: [around.path.as_slice(), std::slice::from_ref(&name)].concat(),
            folder: format!("{}/{name}", around.folder),
            line: child.mod_token.span.start().line,
            is_for_tests,
        };
        if let Some((_, items)) = &child.content {
            return self.add_module(checkout, module, file, items);
        }
        let own = format!("{}.rs", module.folder);
        let named = format!("{}/mod.rs", module.folder);
        match written_path(child) {
            Some(path) => {
                let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
                self.add_file(checkout, module, &joined(folder, &path));
            }
            None if checkout.text(&own).is_some() => self.add_file(checkout, module, &own),
            None => self.add_file(checkout, module, &named),
        }
    }
}

/// A module before its file is read.
struct Declared {
    path: Vec<String>,
    /// The folder of its children.
    folder: String,
    line: usize,
    is_for_tests: bool,
}

/// The name of a room by that of its module: `__private` lies in `private.rs`.
pub(crate) fn room_name(module: &str) -> String {
    module.trim_start_matches('_').to_owned()
}

fn lines_of(item: &Item) -> RangeInclusive<usize> {
    let span = item.span();
    span.start().line..=span.end().line
}

/// The file that `#[path = "…"]` names.
fn written_path(module: &ItemMod) -> Option<String> {
    module
        .attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(path),
                    ..
                }) => Some(path.value()),
                _ => None,
            },
            _ => None,
        })
}

/// `path` from `folder`, each `..` followed.
fn joined(folder: &str, path: &str) -> String {
    let mut names: Vec<_> = folder.split('/').collect();
    for name in path.split('/') {
        match name {
            ".." => drop(names.pop()),
            "." => {}
            name => names.push(name),
        }
    }
    names.join("/")
}

#[test]
fn modules_are_found_by_their_mod_lines() {
    let checkout = Checkout::of(&[
        (
            "c/src/lib.rs",
            "mod a;\n#[cfg(test)]\nmod b;\n#[path = \"private.rs\"]\npub mod __private;",
        ),
        (
            "c/src/a.rs",
            "mod x { mod y; }\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}",
        ),
        ("c/src/a/x/y.rs", ""),
        ("c/src/b.rs", "mod z;"),
        ("c/src/b/z/mod.rs", ""),
        ("c/src/private.rs", ""),
        ("c/src/forgotten.rs", ""),
    ]);
    let tree = CrateTree::read(&checkout, "c");
    let shown = |module: &Module| format!("{} {}", module.path.join("::"), module.is_for_tests);
    let mut modules: Vec<_> = tree.modules.iter().map(shown).collect();
    modules.sort();
    let expected = [
        " false",
        "__private false",
        "a false",
        "a::tests true",
        "a::x false",
        "a::x::y false",
        "b true",
        "b::z true",
    ];
    assert_eq!(modules, expected);
    assert_eq!(tree.files["c/src/a.rs"].for_tests, [2..=5]);
    assert!(!tree.files.contains_key("c/src/b.rs"));
    assert_eq!(
        tree.room_of(&["__private".to_owned()]).as_deref(),
        Some("private")
    );
}
