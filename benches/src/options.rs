//! What was asked for on the command line.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

pub(crate) const HELP: &str = "\
cargo run --release -- [options]

  --rounds 15          rounds; every contestant runs once in each, the median counts
  --seconds 0.15       how long a contestant runs each time
  --tasks 1,64,256     how many tasks call at once; in memory 1,2,64 unless given
  --only a,b           groups (redis, groups, values, miss, stampede, invalidate, outage, memory, latency, instructions;
                       compile: minutes, only if named), or contestants whose name contains a word
  --keys 1000,100000,1000000
                       how many keys there are when one group of them is invalidated
  --twice              each table from two runs, one after the other, with both figures in each cell

REDIS_SERVER=/path/to/redis-server names the server to start, if it is not on PATH.";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Group {
    Redis,
    Groups,
    Values,
    Miss,
    Stampede,
    Invalidate,
    Outage,
    Memory,
    Latency,
    Instructions,
    Compile,
}

impl Group {
    /// Each under the name that it is asked for by.
    const ALL: [(&str, Self); 11] = [
        ("redis", Self::Redis),
        ("groups", Self::Groups),
        ("values", Self::Values),
        ("miss", Self::Miss),
        ("stampede", Self::Stampede),
        ("invalidate", Self::Invalidate),
        ("outage", Self::Outage),
        ("memory", Self::Memory),
        ("latency", Self::Latency),
        ("instructions", Self::Instructions),
        ("compile", Self::Compile),
    ];
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rounds: u32,
    pub(crate) span: Duration,
    pub(crate) keys: Vec<u32>,
    tasks: Option<Vec<u32>>,
    pub(crate) runs: u32,
    groups: Vec<Group>,
    names: Vec<String>,
}

impl Options {
    /// Reads the arguments; `None` if help was asked for.
    ///
    /// # Errors
    ///
    /// An unknown option, or a value that does not parse or is zero, is named.
    pub(crate) fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
    ) -> anyhow::Result<Option<Self>> {
        let mut options = Self {
            // Many short ones: on a busy machine each contestant meets the same weather.
            rounds: 15,
            span: Duration::from_millis(150),
            keys: vec![1_000, 100_000, 1_000_000],
            tasks: None,
            runs: 1,
            groups: Vec::new(),
            names: Vec::new(),
        };
        while let Some(option) = arguments.next() {
            if matches!(option.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            if option == "--twice" {
                options.runs = 2;
                continue;
            }
            let value = arguments
                .next()
                .with_context(|| format!("`{option}` needs a value; see --help"))?;
            options
                .set(&option, &value)
                .with_context(|| format!("`{option} {value}`"))?;
        }
        Ok(Some(options))
    }

    fn set(&mut self, option: &str, value: &str) -> anyhow::Result<()> {
        match option {
            "--rounds" => self.rounds = value.parse()?,
            "--seconds" => self.span = Duration::try_from_secs_f64(value.parse()?)?,
            "--tasks" => self.tasks = Some(numbers(value)?),
            "--keys" => self.keys = numbers(value)?,
            "--only" => value.split(',').for_each(|word| self.only(word)),
            _ => bail!("unknown option; see --help"),
        }
        ensure!(
            self.rounds > 0
                && !self.span.is_zero()
                && !self.tasks.iter().flatten().any(|tasks| *tasks == 0)
                && !self.keys.contains(&0),
            "must not be zero"
        );
        Ok(())
    }

    fn only(&mut self, word: &str) {
        match Group::ALL.iter().find(|(name, _)| *name == word) {
            Some((_, group)) => self.groups.push(*group),
            None => self.names.push(word.to_lowercase()),
        }
    }

    /// How many tasks call at once: what was asked for, or the `usual` numbers.
    pub(crate) fn tasks(&self, usual: &[u32]) -> Vec<u32> {
        self.tasks.clone().unwrap_or_else(|| usual.to_vec())
    }

    pub(crate) fn names(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    pub(crate) fn wants(&self, group: Group) -> bool {
        self.groups.is_empty() || self.groups.contains(&group)
    }

    /// Says on the error stream how long the silence will be.
    pub(crate) fn announce(&self, title: &str, measurements: usize) {
        let each = self.span * self.rounds * self.runs;
        let measurements = u32::try_from(measurements).unwrap_or(u32::MAX);
        let seconds = each.as_secs_f64() * f64::from(measurements);
        if measurements > 0 {
            eprintln!("{title}: about {seconds:.0} s");
        }
    }

    /// The contestants that were asked for, and with them the first of the list, since ratios are to it.
    pub(crate) fn chosen<T: Named>(&self, contestants: Vec<T>) -> Vec<T> {
        let named = |contestant: &T| {
            let name = contestant.name().to_lowercase();
            self.names.is_empty() || self.names.iter().any(|word| name.contains(word))
        };
        if !contestants.iter().any(named) {
            return Vec::new();
        }
        let keep = |(place, contestant): &(usize, T)| *place == 0 || named(contestant);
        contestants
            .into_iter()
            .enumerate()
            .filter(keep)
            .map(|(_, contestant)| contestant)
            .collect()
    }
}

/// A contestant has a name, under which it can be asked for.
pub(crate) trait Named {
    fn name(&self) -> &'static str;
}

fn numbers(list: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
    list.split(',').map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::{Group, Options};

    fn parse(line: &str) -> anyhow::Result<Option<Options>> {
        Options::from_arguments(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn groups_and_names_are_told_apart() -> anyhow::Result<()> {
        let options = parse("--only memory,moka --tasks 1,8")?
            .unwrap_or_else(|| panic!("no help was asked for"));
        assert!(options.wants(Group::Memory) && !options.wants(Group::Redis));
        assert_eq!(
            (options.names, options.tasks),
            (vec!["moka".to_owned()], Some(vec![1, 8]))
        );
        Ok(())
    }

    #[test]
    fn nonsense_is_an_error_that_names_the_option() {
        for line in [
            "--rounds 0",
            "--seconds soon",
            "--tasks 1,0",
            "--keys 0",
            "--colour red",
            "--rounds",
        ] {
            let message = parse(line)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(
                message.contains(line.split(' ').next().unwrap_or_default()),
                "{line}: {message}"
            );
        }
    }
}
