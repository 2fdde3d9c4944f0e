//! Jitter: random ttls, so that entries made together do not end together.

use std::time::Duration;

/// Shortens `ttl` by a random share of it, of at most `per_ten_thousand` parts.
pub(crate) fn shorten_ttl(ttl: Duration, per_ten_thousand: u16) -> Duration {
    if per_ten_thousand == 0 {
        return ttl;
    }
    // Without random numbers all entries live equally long, which is only less good.
    let random = getrandom::u32().unwrap_or(0);
    ttl.saturating_sub(random_share(ttl, per_ten_thousand, random))
}

fn random_share(ttl: Duration, per_ten_thousand: u16, random: u32) -> Duration {
    let part = f64::from(per_ten_thousand.min(10_000)) / 10_000.0;
    let chance = f64::from(random) / f64::from(u32::MAX);
    ttl.mul_f64(part * chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_between_nothing_and_the_declared_part() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(random_share(hour, 1_000, 0), Duration::ZERO);
        assert_eq!(
            random_share(hour, 1_000, u32::MAX),
            Duration::from_secs(360)
        );
        assert_eq!(random_share(hour, 10_000, u32::MAX), hour);
    }

    #[test]
    fn many_entries_spread_over_the_whole_share() {
        let hour = Duration::from_secs(3_600);
        let ttls: Vec<_> = (0..10_000).map(|_| shorten_ttl(hour, 1_000)).collect();
        let early = ttls
            .iter()
            .filter(|ttl| **ttl < Duration::from_secs(3_420))
            .count();
        assert!(
            ttls.iter()
                .all(|ttl| (3_240..=3_600).contains(&ttl.as_secs()))
        );
        assert!(
            (4_000..6_000).contains(&early),
            "{early} of 10,000 in the earlier half"
        );
    }

    #[test]
    fn no_ttl_is_too_long() {
        assert!(shorten_ttl(Duration::MAX, 1) <= Duration::MAX);
    }
}
