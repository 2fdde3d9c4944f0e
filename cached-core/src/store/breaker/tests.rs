use super::*;

const FAILURES: u32 = 5;

fn error(class: Class) -> Error {
    Error::new(ErrorKind::Unavailable, "away").classed(class)
}

fn fails(breaker: &Breaker, times: u32, now: Instant) -> bool {
    let transient = error(Class::Transient);
    (0..times).any(|_| breaker.record_failure(&transient, now))
}

#[test]
fn failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    for _ in 0..3 {
        assert!(!fails(&breaker, FAILURES - 1, now));
        breaker.record_success();
    }
    assert_eq!(breaker.outage(), None);
    assert!(fails(&breaker, FAILURES, now));
    assert!(breaker.outage().is_some());
}

#[test]
fn it_can_be_made_so_that_the_first_failure_opens_it() {
    let (breaker, now) = (Breaker::new(1), Instant::now());
    assert!(fails(&breaker, 1, now));
}

#[test]
fn only_one_failure_opens_it() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    assert!(fails(&breaker, FAILURES, now));
    assert!(!fails(&breaker, 3 * FAILURES, now), "it is open already");
}

#[test]
fn everything_that_one_broken_connection_fails_is_one_failure() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    let broken = error(Class::Broken);
    assert!((0..1_000).all(|_| !breaker.record_failure(&broken, now)));
    let opened = (1..FAILURES)
        .map(|incident| breaker.record_failure(&broken, now + 2 * INCIDENT * incident));
    assert_eq!(opened.filter(|opened| *opened).count(), 1);
}

#[test]
fn refused_credentials_open_it_at_once_and_what_a_server_says_of_one_command_never_does() {
    let now = Instant::now();
    let breaker = Breaker::new(FAILURES);
    assert!((0..100).all(|_| !breaker.record_failure(&error(Class::Full), now)));
    assert!((0..100).all(|_| !breaker.record_failure(&error(Class::Other), now)));
    assert!(breaker.record_failure(&error(Class::Permanent), now));
}

#[test]
fn each_outage_has_its_number() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    assert_eq!(breaker.close(now), None, "it is closed");
    fails(&breaker, FAILURES, now);
    let first = breaker.outage();
    assert_eq!(
        breaker.close(now + Duration::from_secs(3)),
        Some(Duration::from_secs(3))
    );
    assert_eq!(breaker.outage(), None);
    assert!(!fails(&breaker, FAILURES - 1, now), "counted anew");
    fails(&breaker, 1, now);
    assert_ne!(breaker.outage(), first);
}

#[test]
fn pauses_double_up_to_the_longest_and_spread() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    fails(&breaker, FAILURES, now);
    assert_eq!(breaker.next_pause(0), PAUSE);
    assert_eq!(breaker.next_pause(u32::MAX), PAUSE / 2);
    breaker.record_failed_probe(&error(Class::Transient));
    assert_eq!(breaker.next_pause(0), 2 * PAUSE);
    for _ in 0..100 {
        breaker.record_failed_probe(&error(Class::Transient));
    }
    assert_eq!(breaker.next_pause(0), LONGEST_PAUSE);
    breaker.record_failed_probe(&error(Class::Permanent));
    assert_eq!(breaker.next_pause(0), LONGEST_PAUSE_REFUSED);
}

#[test]
fn one_that_opens_again_soon_waits_for_longer() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    let mut longest = Duration::ZERO;
    for _ in 0..6 {
        fails(&breaker, FAILURES, now);
        assert!(breaker.next_pause(0) > longest || breaker.next_pause(0) == LONGEST_PAUSE);
        longest = breaker.next_pause(0);
        breaker.close(now);
    }
    assert_eq!(longest, LONGEST_PAUSE);
    fails(&breaker, FAILURES, now + UNSTABLE);
    assert_eq!(breaker.next_pause(0), PAUSE, "it had been stable");
}

#[test]
fn refusal_says_what_failed_last() {
    let (breaker, now) = (Breaker::new(FAILURES), Instant::now());
    fails(&breaker, FAILURES, now);
    breaker.record_failed_probe(&Error::new(ErrorKind::Timeout, "late").classed(Class::Transient));
    let refusal = breaker.refusal();
    assert_eq!(refusal.kind(), ErrorKind::Unavailable);
    let source = std::error::Error::source(&refusal).unwrap();
    assert_eq!(source.to_string(), "late");
    let refused = Error::new(ErrorKind::Refused, "correct it").classed(Class::Permanent);
    breaker.record_failed_probe(&refused);
    assert_eq!(breaker.refusal().to_string(), "correct it");
}
