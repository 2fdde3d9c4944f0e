//! The braces around a function, and the item that is being read in them.

use std::collections::HashSet;

use super::place::{Functions, Place, Position};

/// A pair of braces, brackets or parentheses that is open, and the item that is being read in it.
#[derive(Default)]
pub(super) struct Frame<'a> {
    pub(super) place: Place,
    pub(super) is_module: bool,
    /// In the braces of a `use`: the name before them.
    pub(super) of_use: Option<&'a str>,
    /// The item around it ends with it.
    pub(super) ends_item: bool,
    pub(super) item: ItemHead,
    pub(super) functions: Vec<(Position, &'a str)>,
    /// Those that no attribute can take away, and likewise what `use` names.
    pub(super) modules: Vec<&'a str>,
    pub(super) imports: Vec<&'a str>,
    /// The first names of paths, here and further in.
    pub(super) paths: HashSet<&'a str>,
}

impl<'a> Frame<'a> {
    /// Notes the name before the end of a `use`, or of one of several, as imported.
    pub(super) fn import(&mut self, before: &'a str) {
        let is_use = self.item.keyword == Keyword::Use && !self.item.has_attributes;
        match self.of_use {
            Some(of) if before == "self" => self.imports.push(of),
            Some(_) => self.imports.push(before),
            None if is_use => self.imports.push(before),
            None => {}
        }
    }

    /// Adds its functions to those of the file, and what holds around it to the frame around it.
    pub(super) fn close(self, around: &mut Frame<'a>, all: &mut Functions) {
        for (position, name) in self.functions {
            let place = match self.place {
                Place::Elsewhere if self.modules.contains(&name) => Place::Beside(MODULE),
                Place::Elsewhere if self.paths.contains(name) => Place::Beside(PATH),
                Place::Elsewhere if self.imports.contains(&name) => Place::Beside(IMPORT),
                place => place,
            };
            all.insert(position, (name.to_owned(), place));
        }
        if self.of_use.is_some() {
            let is_there = around.of_use.is_some() || !around.item.has_attributes;
            around
                .imports
                .extend(self.imports.into_iter().filter(|_| is_there));
        } else if !self.is_module {
            let is_own = |name: &&str| self.modules.contains(name) || self.imports.contains(name);
            let paths = self.paths.iter().filter(|name| !is_own(name));
            around.paths.extend(paths);
        }
    }
}

/// Something else that has the name of a function.
pub(super) const MODULE: &str = "a module";
pub(super) const IMPORT: &str = "what is imported here";
pub(super) const PATH: &str = "a module or crate";

/// The beginning of an item, as much as has been read.
#[derive(Default)]
pub(super) struct ItemHead {
    pub(super) keyword: Keyword,
    /// There was a `for` between a trait and a type.
    pub(super) has_for: bool,
    /// The number of `<` that are open.
    pub(super) angles: usize,
    pub(super) has_attributes: bool,
}

/// The word that tells what an item is.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Keyword {
    #[default]
    None,
    Impl,
    Trait,
    Fn,
    Mod,
    Use,
    Other,
}

impl ItemHead {
    /// Returns the place that the braces behind it make.
    pub(super) fn place(&self) -> Place {
        match self.keyword {
            Keyword::Impl if self.has_for => Place::TraitImpl,
            Keyword::Impl => Place::Impl,
            Keyword::Trait => Place::Trait,
            _ => Place::Elsewhere,
        }
    }

    /// Reads one more word of it.
    pub(super) fn read_word(&mut self, word: &str) {
        if self.keyword != Keyword::None {
            return;
        }
        self.keyword = match word {
            "impl" => Keyword::Impl,
            "trait" => Keyword::Trait,
            "fn" => Keyword::Fn,
            "mod" => Keyword::Mod,
            "use" => Keyword::Use,
            "pub" | "default" | "unsafe" | "const" | "async" | "auto" | "extern" => Keyword::None,
            _ => Keyword::Other,
        };
    }

    /// Returns true if the brackets of types can be told from comparisons.
    pub(super) fn has_types(&self) -> bool {
        matches!(self.keyword, Keyword::Impl | Keyword::Trait | Keyword::Fn)
    }
}
