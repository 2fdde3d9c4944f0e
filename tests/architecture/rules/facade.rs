//! Nothing of a crate is imported through its `lib.rs`.

use crate::{
    crate_tree::CrateTree,
    mentions::{self, Target},
    report::{Rule, Violation},
};

pub(super) fn check(tree: &CrateTree) -> Vec<Violation> {
    let root = tree.modules.iter().find(|module| module.path.is_empty());
    let reexported = root
        .map(|root| mentions::names_in_scope(&root.mentions))
        .unwrap_or_default();
    let mut violations = Vec::new();
    for module in tree
        .modules_outside_tests()
        .filter(|module| !module.path.is_empty())
    {
        for mention in &module.mentions {
            let Target::Inside(path) = &mention.target else {
                continue;
            };
            if tree.room_of(path).is_some() {
                continue;
            }
            let owner = match path.first() {
                None if mention.is_use() => "the root itself".to_owned(),
                // The place of `pub(in super)`.
                None => continue,
                Some(name) if name == "*" => "all that the root has".to_owned(),
                Some(name) => match reexported.get(name) {
                    Some(Target::Inside(path)) => format!("`crate::{}`", path.join("::")),
                    Some(Target::Elsewhere(path)) => format!("`{}`", path.join("::")),
                    // A macro, whose only name is at the root.
                    None => continue,
                },
            };
            violations.push(Violation {
                rule: Rule::Facade,
                file: module.file.clone(),
                line: mention.line,
                message: format!("`{}` is {owner}", mention.written),
            });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    const LIB: &str =
        "mod a; mod error;\npub use error::{Error, ErrorKind as Kind};\npub use other::cached;";

    #[test]
    fn item_of_the_root_is_reported_with_its_owner() {
        let a = "use crate::{Error, error};\nfn f() -> crate::Kind { log!(crate::Error::new()) }\n\
                 use super::*;\nuse crate as root;\nmod b { use super::super::cached; }";
        let expected = [
            "c/src/a.rs:1: `crate::Error` is `crate::error::Error`",
            "c/src/a.rs:2: `crate::Error::new` is `crate::error::Error`",
            "c/src/a.rs:2: `crate::Kind` is `crate::error::ErrorKind`",
            "c/src/a.rs:3: `super::*` is all that the root has",
            "c/src/a.rs:4: `crate` is the root itself",
            "c/src/a.rs:5: `super::super::cached` is `other::cached`",
        ];
        assert_eq!(
            found(&[("lib.rs", LIB), ("a.rs", a), ("error.rs", "")], check),
            expected
        );
    }

    #[test]
    fn owners_macros_comments_and_tests_are_left_alone() {
        let a = "//! As [`crate::Error`].\nuse crate::error::Error;\npub use crate::__load as load;\n\
                 #[macro_export]\nmacro_rules! __load { () => { $crate::Error } }\n\
                 #[cfg(test)]\nmod tests { use crate::Error; }";
        assert!(found(&[("lib.rs", LIB), ("a.rs", a), ("error.rs", "")], check).is_empty());
    }
}
