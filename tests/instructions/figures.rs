//! The committed figures, and the kind of machine that they are of.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// The share that a hit may take beyond its figure, in percent. Two runs differ by half a percent at most.
const MARGIN: u64 = 5;

/// Compiler, processor and C library: the instructions depend on them, and on nothing else of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind(String);

impl Kind {
    pub(crate) fn of_this_machine() -> Self {
        let first_line = |program: &str, argument: &str| {
            let output = Command::new(program).arg(argument).output().ok()?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            Some(said.lines().next()?.to_owned())
        };
        let unknown = || "unknown".to_owned();
        let compiler = first_line("rustc", "--version").unwrap_or_else(unknown);
        let compiler: Vec<&str> = compiler.split(' ').take(2).collect();
        let library = first_line("ldd", "--version").unwrap_or_else(unknown);
        let library = library.rsplit(' ').next().unwrap_or_default();
        let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let has_avx2 = processors.split_whitespace().any(|flag| flag == "avx2");
        let avx2 = if has_avx2 { " with avx2" } else { "" };
        let processor = std::env::consts::ARCH;
        let compiler = compiler.join(" ");
        Self(format!("{compiler}, {processor}{avx2}, libc {library}"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The instructions of one hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) instructions: u64,
}

/// All that the file says.
pub(crate) struct Figures {
    pub(crate) kind: Kind,
    figures: Vec<Figure>,
}

impl Figures {
    /// Prints `counted` beside its figure, and returns true if it is not too much more.
    pub(crate) fn allows(&self, counted: &Figure) -> bool {
        let Figure { name, instructions } = counted;
        let pinned = self.figures.iter().find(|figure| figure.name == *name);
        let Some(pinned) = pinned else {
            println!("hit {name}: {instructions} instructions, no figure");
            return false;
        };
        let most = pinned.instructions * (100 + MARGIN) / 100;
        println!(
            "hit {name}: {instructions} instructions, {} committed, at most {most}",
            pinned.instructions
        );
        *instructions <= most
    }
}

fn path() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/instructions/figures.txt"
    ))
}

/// Reads the file: the kind of machine, then a hit a line.
pub(crate) fn read() -> Figures {
    let text = std::fs::read_to_string(path()).expect("the committed figures");
    let mut lines = text.lines();
    let kind = Kind(lines.next().unwrap_or_default().to_owned());
    let figure = |line: &str| {
        let (name, instructions) = line.rsplit_once(": ")?;
        Some(Figure {
            name: name.to_owned(),
            instructions: instructions.parse().ok()?,
        })
    };
    let figures = lines.map(|line| figure(line).expect("a hit and its figure"));
    Figures {
        kind,
        figures: figures.collect(),
    }
}

/// Writes the file.
pub(crate) fn write(kind: &Kind, figures: &[Figure]) {
    use fmt::Write as _;
    let mut text = format!("{kind}\n");
    for Figure { name, instructions } in figures {
        writeln!(text, "{name}: {instructions}").expect("a string takes all");
    }
    std::fs::write(path(), text).expect("a file beside the guard");
}
