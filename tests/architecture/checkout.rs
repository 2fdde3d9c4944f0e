//! The files that the rules read.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{CRATES, PAGE};

/// Texts of files by their paths from the root of the repository, with `/` on every system.
pub(crate) struct Checkout(BTreeMap<String, String>);

impl Checkout {
    /// Reads the repository that this package lies in.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Self(BTreeMap::new());
        files.add(&root, PAGE);
        for name in CRATES {
            files.add(&root, &format!("{name}/Cargo.toml"));
            files.add_folder(&root, &format!("{name}/src"));
        }
        files
    }

    /// A tree in memory, for the tests of the rules.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self(files.iter().map(owned).collect())
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The page, which may be missing: then every table is empty.
    pub(crate) fn page(&self) -> &str {
        self.text(PAGE).unwrap_or_default()
    }

    fn add(&mut self, root: &Path, path: &str) {
        if let Ok(text) = fs::read_to_string(root.join(path)) {
            self.0.insert(path.to_owned(), text);
        }
    }

    fn add_folder(&mut self, root: &Path, folder: &str) {
        let entries = fs::read_dir(root.join(folder)).expect("a crate has a folder of sources");
        for entry in entries {
            let entry = entry.expect("an entry can be read");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.add_folder(root, &path);
            } else if entry.path().extension().is_some_and(|it| it == "rs") {
                self.add(root, &path);
            }
        }
    }
}
