use std::time::Duration;

use super::*;
use crate::{
    __private::codec,
    error::ErrorKind,
    format::{entry::Outcome, json::Sink},
};

type Alias<T> = Result<Option<T>, Failure>;

/// Neither serde nor `Clone`.
#[derive(Debug, PartialEq)]
struct Failure;

fn check<R: PartialEq + fmt::Debug, T>(
    codec: Codec<R, T>,
    returned: &R,
    outcome: Outcome,
    json: &str,
) {
    assert_eq!(codec.outcome(returned), outcome);
    let mut sink = Sink::new(100);
    codec.encode(returned, &mut sink).unwrap();
    assert_eq!(sink.into_bytes(), json.as_bytes());
    assert_eq!(
        codec.decode(outcome, json.as_bytes()).as_ref(),
        Some(returned)
    );
    let shared = codec.share(returned).unwrap();
    assert_eq!(codec.restore(&shared).as_ref(), Some(returned));
}

#[test]
fn the_type_decides_what_is_stored() {
    check(codec!(u32), &1, Outcome::Value, "1");
    check(codec!(()), &(), Outcome::Value, "null");
    check(codec!(Option<u32>), &Some(1), Outcome::Value, "1");
    check(codec!(Option<u32>), &None, Outcome::None, "null");
    check(codec!(Result<u32, Failure>), &Ok(1), Outcome::Value, "1");
    check(codec!(Alias<u32>), &Ok(Some(1)), Outcome::Value, "1");
    check(codec!(Alias<u32>), &Ok(None), Outcome::None, "null");
    check(
        codec!(Option<Result<u32, String>>),
        &Some(Ok(1)),
        Outcome::Value,
        "1",
    );
    check(
        codec!(Option<Result<u32, String>>),
        &None,
        Outcome::None,
        "null",
    );
    check(
        codec!(Option<Result<u32, String>>).cache_err(),
        &Some(Err("no".to_owned())),
        Outcome::Error,
        "\"no\"",
    );
    check(
        codec!(Result<u32, String>).cache_err(),
        &Err("no".to_owned()),
        Outcome::Error,
        "\"no\"",
    );
}

/// Returns if a body that returned this succeeded, and its value.
fn ended<R: PartialEq + fmt::Debug + Clone, T: Clone, E, O, I>(
    of: impl Fn() -> Whole<R, T, E, O, I>,
    returned: &R,
) -> (bool, Option<T>)
where
    (O, I): Shape<R, T, E>,
{
    let value = of().__value(returned).cloned();
    match PlainEnd::__ended(&of(), returned.clone()) {
        Ended::Succeeded(success) => {
            assert_eq!(success.restore(), *returned);
            (true, value)
        }
        Ended::Failed(failed) => {
            assert_eq!(failed, *returned);
            (false, value)
        }
    }
}

#[test]
fn only_an_error_is_a_failure() {
    macro_rules! ended {
        ($returned:expr) => {{
            let returned = $returned;
            ended(|| Returns::of(&returned).__result().__option(), &returned)
        }};
    }
    assert_eq!(ended!(1), (true, Some(1)));
    assert_eq!(ended!(Some(1)), (true, Some(1)));
    assert_eq!(ended!(None::<u32>), (true, None));
    assert_eq!(ended!(Ok::<_, String>(1)), (true, Some(1)));
    assert_eq!(ended!(Err::<u32, _>(1)), (false, None));
    assert_eq!(ended!(Ok::<_, u32>(Some(1))), (true, Some(1)));
    assert_eq!(ended!(Ok::<Option<u32>, u32>(None)), (true, None));
    assert_eq!(ended!(Err::<Option<u32>, _>(1)), (false, None));
    assert_eq!(ended!(Some(Err::<u32, _>(1))), (false, None));
    assert_eq!(ended!(Some(Ok::<_, u32>(1))), (true, Some(1)));
}

#[test]
fn a_value_can_report_a_failure() {
    #[derive(Debug, PartialEq)]
    struct Status(u16);

    enum Web {}

    impl ReportsSuccess<Web> for Status {
        fn is_success(&self) -> bool {
            self.0 < 400
        }
    }

    macro_rules! is_success {
        ($returned:expr) => {{
            let returned = $returned;
            match Returns::of(&returned)
                .__result()
                .__option()
                .__ended(returned)
            {
                Ended::Succeeded(success) => {
                    assert_eq!(success.restore(), $returned);
                    true
                }
                Ended::Failed(failed) => {
                    assert_eq!(failed, $returned);
                    false
                }
            }
        }};
    }
    assert!(is_success!(Status(204)));
    assert!(!is_success!(Status(404)));
    assert!(!is_success!(Ok::<_, String>(Status(500))));
    assert!(is_success!(Ok::<_, String>(Some(Status(200)))));
    assert!(is_success!(None::<Status>));
    assert!(!is_success!(Err::<Status, _>(1)));
    assert!(is_success!(404_u16));
}

#[test]
fn a_type_parameter_is_a_plain_value() {
    fn outcome<T: CacheValue>(value: &T) -> Outcome {
        codec!(T).outcome(value)
    }
    assert_eq!(outcome(&None::<u32>), Outcome::Value);
}

#[test]
fn an_error_is_shared_if_it_can_be_and_stored_if_asked() {
    let returned = Err::<u32, _>("no".to_owned());
    let codec = codec!(Result<u32, String>);
    let shared = codec.share(&returned).unwrap();
    assert_eq!(codec.restore(&shared), Some(returned.clone()));
    assert!(codec.encode(&returned, &mut Sink::new(100)).is_err());
    assert_eq!(codec.decode(Outcome::Error, b"\"no\""), None);
    assert!(codec!(Result<u32, Failure>).share(&Err(Failure)).is_none());
    assert!(
        codec!(Result<u32, String>, borrowed)
            .share(&returned)
            .is_none()
    );
}

#[test]
fn an_error_reports_an_outage_if_it_can_be_made_from_ours() {
    fn failed<R, T>(codec: &Codec<R, T>) -> Option<R> {
        codec
            .fails
            .map(|fails| fails(Error::new(ErrorKind::Unavailable, "refused")))
    }
    fn fails<T: CacheValue>() -> bool {
        failed(&codec!(Option<T>)).is_some()
    }
    let own = failed(&codec!(Result<u32, Error>)).unwrap();
    assert_eq!(own.unwrap_err().kind(), ErrorKind::Unavailable);
    let boxed = failed(&codec!(Result<Option<u32>, Box<dyn std::error::Error>>));
    assert!(boxed.unwrap().is_err());
    assert!(failed(&codec!(Result<u32, String>)).is_none());
    assert!(!fails::<u32>());
}

#[test]
fn closures_are_asked_about_values_only() {
    let codec = codec!(Option<u64>)
        .cache_if(|value| *value > 1)
        .ttl_with(|value| Duration::from_secs(*value));
    assert!(!codec.wanted(&Some(1)));
    assert!(codec.wanted(&Some(2)));
    assert!(codec.wanted(&None));
    assert_eq!(codec.ttl_of(&Some(5)), Some(Duration::from_secs(5)));
    assert_eq!(codec.ttl_of(&None), None);
}

#[test]
fn what_is_of_another_type_is_not_restored() {
    let shared = codec!(u32).share(&1).unwrap();
    assert_eq!(codec!(u64).restore(&shared), None);
    assert_eq!(codec!(u32).decode(Outcome::None, b"null"), None);
    assert_eq!(codec!(u32).decode(Outcome::Value, b"\"1\""), None);
}
