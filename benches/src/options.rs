//! What was asked for on the command line.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::rounds::Trial;

pub(crate) const HELP: &str = "\
cargo run --release -- [options]

  --rounds 5           rounds; every contestant runs once in each, the median counts
  --seconds 0.5        how long a contestant runs each time
  --tasks 1,64,256     how many tasks call at once
  --only a,b           groups (redis, memory, latency, groups, invalidate, outage; compile: minutes, only if named), or contestants whose name contains a word
  --keys 1000,1000000  how many keys there are when one group of them is invalidated

REDIS_SERVER=/path/to/redis-server names the server to start, if it is not on PATH.";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Group {
    Redis,
    Memory,
    Latency,
    Groups,
    Invalidate,
    Outage,
    Compile,
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rounds: u32,
    pub(crate) span: Duration,
    pub(crate) tasks: Vec<u32>,
    pub(crate) keys: Vec<u32>,
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
            rounds: 5,
            span: Duration::from_millis(500),
            tasks: vec![1, 64, 256],
            keys: vec![1_000, 1_000_000],
            groups: Vec::new(),
            names: Vec::new(),
        };
        while let Some(option) = arguments.next() {
            if matches!(option.as_str(), "--help" | "-h") {
                return Ok(None);
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
            "--tasks" => self.tasks = numbers(value)?,
            "--keys" => self.keys = numbers(value)?,
            "--only" => value.split(',').for_each(|word| self.only(word)),
            _ => bail!("unknown option; see --help"),
        }
        ensure!(
            self.rounds > 0
                && !self.span.is_zero()
                && !self.tasks.contains(&0)
                && !self.keys.contains(&0),
            "must not be zero"
        );
        Ok(())
    }

    fn only(&mut self, word: &str) {
        match word {
            "redis" => self.groups.push(Group::Redis),
            "memory" => self.groups.push(Group::Memory),
            "latency" => self.groups.push(Group::Latency),
            "groups" => self.groups.push(Group::Groups),
            "invalidate" => self.groups.push(Group::Invalidate),
            "outage" => self.groups.push(Group::Outage),
            "compile" => self.groups.push(Group::Compile),
            name => self.names.push(name.to_lowercase()),
        }
    }

    pub(crate) fn names(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    pub(crate) fn wants(&self, group: Group) -> bool {
        self.groups.is_empty() || self.groups.contains(&group)
    }

    /// The trials that were asked for, and with them the first of the list, since ratios are to it.
    pub(crate) fn chosen(&self, trials: Vec<Trial>) -> Vec<Trial> {
        let named = |trial: &Trial| {
            let name = trial.name().to_lowercase();
            self.names.is_empty() || self.names.iter().any(|word| name.contains(word))
        };
        if !trials.iter().any(named) {
            return Vec::new();
        }
        let keep = |(place, trial): &(usize, Trial)| *place == 0 || named(trial);
        trials
            .into_iter()
            .enumerate()
            .filter(keep)
            .map(|(_, trial)| trial)
            .collect()
    }
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
            (vec!["moka".to_owned()], vec![1, 8])
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
