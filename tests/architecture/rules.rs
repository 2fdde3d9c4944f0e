//! The rules, one module each.

#[cfg(test)]
mod all;
mod arrows;
mod circles;
mod facade;
mod length;
mod manifest;
mod modules;
mod owners;
mod table;
mod voice;
mod walks;

use crate::{CRATES, checkout::Checkout, crate_tree::CrateTree, report::Violation};

/// Every place where a rule is broken.
pub(crate) fn check(checkout: &Checkout) -> Vec<Violation> {
    let page = checkout.page();
    let trees = CRATES.map(|name| CrateTree::read(checkout, name));
    let mut violations = Vec::new();
    for tree in &trees {
        violations.extend(modules::check(tree, page));
        violations.extend(facade::check(tree));
        violations.extend(arrows::check(tree, page));
        violations.extend(circles::check(tree));
        violations.extend(table::check(tree, page));
        violations.extend(owners::check(tree, page));
        violations.extend(length::check(tree, page));
        violations.extend(voice::check(tree));
    }
    violations.extend(manifest::check(checkout));
    violations.extend(walks::check(&trees[0], page));
    violations
}

/// Checks the crate `c` with these files below `c/src`, and gives each violation as `file:line: message`.
#[cfg(test)]
fn found(files: &[(&str, &str)], rule: impl FnOnce(&CrateTree) -> Vec<Violation>) -> Vec<String> {
    let paths: Vec<_> = files
        .iter()
        .map(|(path, text)| (format!("c/src/{path}"), *text))
        .collect();
    let files: Vec<_> = paths
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let tree = CrateTree::read(&Checkout::of(&files), "c");
    let mut violations = rule(&tree);
    violations.sort();
    let shown = |it: Violation| format!("{}:{}: {}", it.file, it.line, it.message);
    violations.into_iter().map(shown).collect()
}
