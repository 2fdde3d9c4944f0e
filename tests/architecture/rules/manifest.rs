//! The macros do not depend on the runtime whose names they write.

use crate::{
    checkout::Checkout,
    report::{Rule, Violation},
};

pub(super) fn check(checkout: &Checkout) -> Vec<Violation> {
    let file = "cached-macros/Cargo.toml";
    let depends = |&(_, section, key): &(usize, &str, &str)| {
        let is_normal = section.ends_with("dependencies") && !section.ends_with("dev-dependencies");
        is_normal && key == "cached-core"
            || section.ends_with("dependencies.cached-core")
                && !section.contains("dev-dependencies")
    };
    let found = entries(checkout.text(file).unwrap_or_default())
        .into_iter()
        .find(depends);
    let violation = |(line, section, _): (usize, &str, &str)| Violation {
        rule: Rule::Manifest,
        file: file.to_owned(),
        line,
        message: format!("cached-core is among the `{section}`"),
    };
    found.map(violation).into_iter().collect()
}

/// Line, section and key of every entry of a manifest.
fn entries(manifest: &str) -> Vec<(usize, &str, &str)> {
    let mut section = "";
    let mut entries = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            section = name;
        } else if let Some((key, _)) = line.split_once('=') {
            // `cached-core.workspace = true`
            let key = key.trim().split('.').next().unwrap_or_default();
            entries.push((index + 1, section, key.trim_matches('"')));
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(manifest: &str) -> Vec<usize> {
        let checkout = Checkout::of(&[("cached-macros/Cargo.toml", manifest)]);
        check(&checkout)
            .iter()
            .map(|violation| violation.line)
            .collect()
    }

    #[test]
    fn dependency_of_the_crate_or_of_its_build_is_reported() {
        assert_eq!(
            lines("[dependencies]\nsyn = \"3\"\ncached-core.workspace = true"),
            [3]
        );
        assert_eq!(
            lines("[build-dependencies]\ncached-core = { path = \"..\" }"),
            [2]
        );
        assert_eq!(
            lines("[target.'cfg(unix)'.dependencies.cached-core]\npath = \"..\""),
            [2]
        );
    }

    #[test]
    fn dependency_of_tests_may_be() {
        assert!(
            lines("[dependencies]\nsyn = \"3\"\n[dev-dependencies]\ncached-core = \"0.1\"")
                .is_empty()
        );
    }
}
