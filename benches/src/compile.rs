//! What annotated functions cost the compiler: crates that differ in their attribute alone, built in turn.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::options::Options;
use crate::rounds::median;
use crate::table;

/// In each crate.
const FUNCTIONS: u32 = 200;

const OURS: &str = r#"cached-core = { path = "@" }"#;
const PEER: &str = r#"cached = { version = "4.1", features = ["redis_tokio"] }"#;

/// One crate.
struct Crate {
    name: &'static str,
    title: &'static str,
    dependency: &'static str,
    import: &'static str,
    /// With `@` for the number of the function.
    attribute: &'static str,
}

/// The first is what the others are compared with, the second what their overhead is.
const CRATES: [Crate; 5] = [
    Crate {
        name: "plain",
        title: "plain functions",
        dependency: OURS,
        import: "",
        attribute: "",
    },
    Crate {
        name: "peer-memory",
        title: "cached 4.1: in memory",
        dependency: PEER,
        import: "use cached::macros::concurrent_cached;",
        attribute: r##"#[concurrent_cached(ttl_secs = 300, key = "(u64, String)", convert = r#"{ (id, name.clone()) }"#)]"##,
    },
    Crate {
        name: "peer-redis",
        title: "cached 4.1: on Redis",
        dependency: PEER,
        import: "use cached::macros::concurrent_cached;",
        attribute: r##"#[concurrent_cached(redis = true, ttl_secs = 300, map_error = |error| Failure(format!("{error:?}")), key = "String", convert = r#"{ format!("{id}:{name}") }"#)]"##,
    },
    Crate {
        name: "ours",
        title: "ours: in memory or on Redis",
        dependency: OURS,
        import: "use cached_core::cached;",
        attribute: r#"#[cached(ttl = "5m", prefix = "user-@:{id}")]"#,
    },
    Crate {
        name: "ours-alone",
        title: "ours: `companions = off`",
        dependency: OURS,
        import: "use cached_core::cached;",
        attribute: r#"#[cached(ttl = "5m", prefix = "user-@:{id}", companions = off)]"#,
    },
];

/// Ways to build, and how they are called.
const WAYS: [(&str, &[&str]); 3] = [
    ("cargo check", &["check"]),
    ("cargo build", &["build"]),
    ("cargo build --release", &["build", "--release"]),
];

/// How long a crate takes, as medians over the rounds.
pub(crate) struct Build {
    pub(crate) title: &'static str,
    pub(crate) ways: Vec<Cost>,
}

#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// On top of plain functions, in the same round.
    pub(crate) overhead: f64,
    /// Of the overhead to the peer's, in the same round.
    pub(crate) ratio: f64,
}

/// Prints the time of each crate, its dependencies built before.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/compile");
    write(&folder)?;
    let mut builds = CRATES.map(|Crate { title, .. }| Build {
        title,
        ways: Vec::new(),
    });
    for (way, arguments) in WAYS {
        eprintln!("Compile time: dependencies for `{way}`");
        for Crate { name, .. } in &CRATES {
            cargo(&folder, arguments, name)?;
        }
        // Minutes each.
        let most = options.rounds.min(3);
        eprintln!("Compile time: `{way}`, {most} rounds");
        let mut rounds = Vec::new();
        for _ in 0..most {
            let mut times = Vec::new();
            for Crate { name, .. } in &CRATES {
                times.push(cargo(&folder, arguments, name)?);
            }
            rounds.push(times);
        }
        for (place, build) in builds.iter_mut().enumerate() {
            build.ways.push(cost(&rounds, place)?);
        }
    }
    let ways: Vec<_> = WAYS.iter().map(|(way, _)| *way).collect();
    print!("{}", table::builds(FUNCTIONS, &ways, &builds));
    Ok(())
}

fn cost(rounds: &[Vec<f64>], place: usize) -> anyhow::Result<Cost> {
    let (mut seconds, mut overheads, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for times in rounds {
        let [plain, peer, ..] = times.as_slice() else {
            anyhow::bail!("nothing was measured");
        };
        let time = times.get(place).context("a crate was not measured")?;
        seconds.push(*time);
        overheads.push(time - plain);
        ratios.push((time - plain) / (peer - plain));
    }
    Ok(Cost {
        seconds: median(seconds),
        overhead: median(overheads),
        ratio: median(ratios),
    })
}

/// Builds one crate anew, and returns the seconds that takes.
fn cargo(folder: &Path, arguments: &[&str], name: &str) -> anyhow::Result<f64> {
    let main = main_of(folder, name);
    // Cargo goes by the time of the file.
    fs::write(&main, fs::read(&main)?)?;
    let begun = Instant::now();
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .args(["--quiet", "--package", name])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .status()?;
    ensure!(status.success(), "`{name}` does not compile");
    Ok(begun.elapsed().as_secs_f64())
}

fn main_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("src/main.rs")
}

/// Writes a workspace of all crates, with the versions of this one.
fn write(folder: &Path) -> anyhow::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let core = here.join("../cached-core");
    let core = core
        .to_str()
        .context("the path of this folder is not UTF-8")?;
    for member in &CRATES {
        let Crate {
            name, dependency, ..
        } = member;
        let main = main_of(folder, name);
        fs::create_dir_all(main.with_file_name(""))?;
        fs::write(&main, source(member)?)?;
        let dependency = dependency.replace('@', core);
        fs::write(
            folder.join(name).join("Cargo.toml"),
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\n{dependency}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
                 tokio = {{ version = \"1\", features = [\"rt\", \"time\"] }}\n"
            ),
        )?;
    }
    let members = CRATES.map(|Crate { name, .. }| name);
    fs::write(
        folder.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
    )?;
    fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// A program that calls all of its functions, so that none is left out.
fn source(member: &Crate) -> Result<String, std::fmt::Error> {
    let Crate {
        import, attribute, ..
    } = member;
    let mut text = format!(
        "{import}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct User {{
    pub id: u64,
    pub name: String,
}}

#[derive(Clone, Debug)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
        f.write_str(&self.0)
    }}
}}
"
    );
    for number in 0..FUNCTIONS {
        let attribute = attribute.replace('@', &number.to_string());
        write!(
            text,
            "
{attribute}
pub async fn user_{number}(id: u64, name: String) -> Result<User, Failure> {{
    if id == {number} {{
        return Err(Failure(name));
    }}
    Ok(User {{ id: id + {number}, name }})
}}
"
        )?;
    }
    text.push_str("\nasync fn all() {\n");
    for number in 0..FUNCTIONS {
        writeln!(
            text,
            "    let _ = user_{number}({number}, String::new()).await;"
        )?;
    }
    text.push_str(
        "}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect(\"a runtime\").block_on(all());
}
",
    );
    Ok(text)
}
