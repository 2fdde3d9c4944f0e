//! Warnings at install: patterns and tags that reach nothing, functions that cannot be told apart.

use cached_core::{Cache, cached, invalidates};

use super::Ears;

#[invalidates("unseen:{id}:*", "visible:{id}:*", tags = ["visible", "invisible:{id}"])]
async fn reaches_some(id: u64) {}

#[cached(prefix = "visible:{id}", tags = ["visible"])]
async fn reached(id: u64) -> u64 {
    id
}

/// In two blocks of one function, nothing but an `id` tells them apart.
async fn twins(is_one: bool) -> u32 {
    if is_one {
        #[cached]
        async fn twin() -> u32 {
            1
        }
        twin().await
    } else {
        #[cached]
        async fn twin() -> u32 {
            2
        }
        twin().await
    }
}

/// Not a test: installing is for a whole process, so the next test starts one.
#[test]
#[ignore = "run by what_reaches_nothing_and_what_is_no_other_is_told_at_install"]
fn process_that_installs() {
    let (ears, _guard) = Ears::open();
    let cache = Cache::in_memory().unwrap();
    cache.install().unwrap();
    cache.install().unwrap();
    for seen in ears.take() {
        let is_here =
            |(_, value): &(&str, String)| value.starts_with("behaviour::telemetry::install");
        if seen.fields.iter().any(is_here) {
            println!("\n{} {:?} {}", seen.level, seen.fields, seen.message);
        }
    }
}

#[test]
fn what_reaches_nothing_and_what_is_no_other_is_told_at_install() {
    let (_, _, _) = (reaches_some, reached, twins);
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("telemetry::install::process_that_installs")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // In whichever order the linker has put them.
    let mut warnings: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    warnings.sort_unstable();
    let [twin, pattern, tag] = warnings.try_into().unwrap();
    assert_eq!(
        pattern,
        "WARN [(\"pattern\", \"unseen:{0}\"), (\"module\", \"behaviour::telemetry::install\")] an invalidation reaches \
         no cached function of this program: no key of one begins so"
    );
    assert_eq!(
        twin,
        "WARN [(\"function\", \"behaviour::telemetry::install::twin\")] two cached functions cannot be told apart and \
         share their entries: give each an `id`"
    );
    assert_eq!(
        tag,
        "WARN [(\"tag\", \"invisible:{0}\"), (\"module\", \"behaviour::telemetry::install\")] an invalidation reaches \
         no cached function of this program: none has such a tag"
    );
}
