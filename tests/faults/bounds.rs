//! A long outage, counted in calls instead of hours: what a process keeps has an end.

use std::process::{Command, Stdio};

use cached_core::{Cache, cached, invalidates};
use tests::{CountingLoader, RedisServer};

const MIB: u64 = 1 << 20;

#[cached(ttl = "1h", prefix = "page:{number}")]
async fn page(number: u64, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("{number} ").repeat(1_000)).await
}

#[invalidates(
    "page:{number}",
    "a:{number}",
    "b:{number}",
    "c:{number}",
    tags = ["a:{number}", "b:{number}", "c:{number}", "d:{number}"]
)]
async fn write(number: u64) {}

/// Returns the bytes of memory that this process has.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() * 1024
}

/// Not a test: a process that meets no Redis, and says how much it grew.
#[tokio::test]
#[ignore = "run by process_in_a_long_outage_stays_within_its_limits"]
async fn process_in_a_long_outage() {
    let url = std::env::var("REDIS_URL").unwrap();
    let builder = Cache::builder().redis_url(url).memory_capacity(4 * MIB);
    let cache = builder.journal_capacity(1_000).build().unwrap();
    let loader = CountingLoader::new();
    let mut grew = Vec::new();
    let mut number = 0;
    let mut done = async |calls: u64, writes: u64| {
        for _ in 0..calls {
            number += 1;
            let value = cache.scope(page(number, loader.clone())).await;
            assert!(value.starts_with(&number.to_string()));
        }
        for _ in 0..writes {
            number += 1;
            cache.scope(write(number)).await;
        }
    };
    // What it needs in any case, and as much as it may keep.
    done(5_000, 30_000).await;
    for (calls, writes) in [(20_000, 0), (0, 15_000)] {
        let before = resident();
        done(calls, writes).await;
        grew.push(resident().saturating_sub(before));
    }
    println!("\ngrew {} {}", grew[0], grew[1]);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
fn process_in_a_long_outage_stays_within_its_limits() {
    let server = RedisServer::start();
    let url = server.url();
    server.kill();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("bounds::process_in_a_long_outage")
        .env("REDIS_URL", url)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let grew = said.lines().find_map(|line| line.strip_prefix("grew "));
    let grew = grew.unwrap_or_else(|| panic!("{said}"));
    let grew: Vec<u64> = grew
        .split(' ')
        .map(|bytes| bytes.parse().unwrap())
        .collect();
    // Of 120 MB of values and 120,000 names. An allocator keeps some more than it has handed out.
    assert!(grew[0] < 16 * MIB, "{grew:?}");
    assert!(grew[1] < 2 * MIB, "{grew:?}");
}
