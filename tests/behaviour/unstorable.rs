//! Values and arguments that cannot be written as JSON: returned as computed, never altered by a hit.

use std::collections::HashMap;
use std::time::Duration;

use cached_core::{ErrorKind, cached};
use serde::{Deserialize, Serialize, Serializer};
use tests::{CountingLoader, Store, every_store, namespace};

/// Values that JSON cannot carry, as a service would meet them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(clippy::option_option, reason = "this is what is tested")]
struct Reading {
    mean: Option<f64>,
    peak: f64,
    short: f32,
    label: Option<Option<u8>>,
    unit: Option<()>,
    grid: HashMap<Point, u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

fn readings() -> Vec<Reading> {
    let reading = Reading::default;
    vec![
        Reading {
            mean: Some(f64::NAN),
            ..reading()
        },
        Reading {
            mean: Some(f64::INFINITY),
            ..reading()
        },
        Reading {
            peak: f64::NEG_INFINITY,
            ..reading()
        },
        Reading {
            short: f32::NAN,
            ..reading()
        },
        Reading {
            label: Some(None),
            ..reading()
        },
        Reading {
            unit: Some(()),
            ..reading()
        },
        Reading {
            grid: [(Point { x: 1, y: 2 }, 3)].into(),
            ..reading()
        },
    ]
}

#[cached(ttl = "1h", prefix = "reading:{index}")]
async fn reading(index: usize, #[cached(skip)] loader: CountingLoader) -> Reading {
    loader.load(readings()[index].clone()).await
}

#[tokio::test]
async fn what_json_cannot_carry_is_returned_as_computed_each_time() {
    every_store("unstorable", async |cache| {
        let loader = CountingLoader::new();
        let mut runs = 0;
        for (index, expected) in readings().iter().enumerate() {
            for _ in 0..2 {
                let value = reading(index, loader.clone()).await;
                // NaN is not equal to itself, but prints like itself.
                assert_eq!(format!("{value:?}"), format!("{expected:?}"));
                runs += 1;
                assert_eq!(loader.runs(), runs, "{expected:?}");
            }
            let error = cache.set("a", expected, None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unstorable);
        }
        let total = cache.stats().total;
        assert_eq!(total.unstorable, runs as u64 + readings().len() as u64);
        assert_eq!((total.stores, total.hits, total.errors), (0, 0, 0));
    })
    .await;
}

#[cached(ttl = "1h", prefix = "ratio")]
async fn ratio(#[cached(skip)] loader: CountingLoader) -> Option<f64> {
    loader.load(Some(f64::NAN)).await
}

#[cached(ttl = "1h", prefix = "some-none")]
async fn some_none(#[cached(skip)] loader: CountingLoader) -> Option<Option<u8>> {
    loader.load(Some(None)).await
}

#[cached(ttl = "1h", prefix = "some-some-none", cache_none = "1h")]
async fn some_some_none(#[cached(skip)] loader: CountingLoader) -> Option<Option<Option<u8>>> {
    loader.load(Some(Some(None))).await
}

#[tokio::test]
async fn nan_as_an_optional_result_stays_nan() {
    every_store("nan", async |cache| {
        let loader = CountingLoader::new();
        for _ in 0..2 {
            assert!(ratio(loader.clone()).await.is_some_and(f64::is_nan));
        }
        assert_eq!(loader.runs(), 2);
        assert_eq!(cache.stats().total.unstorable, 2);
    })
    .await;
}

/// The outer `Option` is the function's: what is stored is `None`, and comes back inside `Some`.
#[tokio::test]
async fn some_none_as_a_result_is_never_altered_by_a_hit() {
    for store in Store::ALL {
        println!("store: {store:?}");
        let name = namespace("some-none");
        let cache = store.cache(&name);
        let loader = CountingLoader::new();
        for _ in 0..3 {
            let value = cache.scope(some_none(loader.clone())).await;
            assert_eq!(value, Some(None));
            let value = cache.scope(some_some_none(loader.clone())).await;
            assert_eq!(value, Some(Some(None)));
        }
        if store == Store::Redis {
            cache.shutdown().await;
            let reader = Store::Redis.cache(&name);
            assert_eq!(reader.scope(some_none(loader.clone())).await, Some(None));
            let value = reader.scope(some_some_none(loader.clone())).await;
            assert_eq!(value, Some(Some(None)));
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Floats(Vec<f64>, Vec<f32>);

fn floats_of() -> Floats {
    let mut doubles = vec![
        0.1 + 0.2,
        1.0 / 3.0,
        -0.0,
        5e-324,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MIN,
        f64::EPSILON,
        1e23,
        9_007_199_254_740_993.0,
        123_456_789.123_456_79,
    ];
    // Arbitrary bits, the same in every run.
    let mut bits: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..1_000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        doubles.push(f64::from_bits(bits));
    }
    doubles.retain(|float| float.is_finite());
    let mut floats = vec![0.1_f32, 16_777_217.0, f32::MAX, 1e-45, -0.0];
    floats.extend(
        doubles
            .iter()
            .map(|double| f32::from_bits(u32::try_from(double.to_bits() >> 32).unwrap())),
    );
    floats.retain(|float| float.is_finite());
    Floats(doubles, floats)
}

#[cached(ttl = "1h", prefix = "floats")]
async fn floats(#[cached(skip)] loader: CountingLoader) -> Floats {
    loader.load(floats_of()).await
}

#[tokio::test]
async fn floats_come_back_bit_by_bit() {
    let name = namespace("floats");
    let loader = CountingLoader::new();
    let writer = Store::Redis.cache(&name);
    writer.scope(floats(loader.clone())).await;
    writer.shutdown().await;
    let Floats(doubles, floats) = Store::Redis
        .cache(&name)
        .scope(floats(loader.clone()))
        .await;
    assert_eq!(loader.runs(), 1);
    let expected = floats_of();
    assert!(
        doubles
            .iter()
            .map(|f| f.to_bits())
            .eq(expected.0.iter().map(|f| f.to_bits()))
    );
    assert!(
        floats
            .iter()
            .map(|f| f.to_bits())
            .eq(expected.1.iter().map(|f| f.to_bits()))
    );
}

/// Serializes if it is told to.
#[derive(Clone, Copy)]
struct Fragile {
    works: bool,
}

impl Serialize for Fragile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.works {
            serializer.serialize_u8(1)
        } else {
            Err(serde::ser::Error::custom("broken"))
        }
    }
}

#[cached(ttl = "1h", prefix = "fragile")]
async fn fragile(id: u64, argument: Fragile, #[cached(skip)] loader: CountingLoader) -> u64 {
    let _ = argument;
    loader.load(id).await
}

#[tokio::test]
async fn call_whose_argument_cannot_be_encoded_runs_uncached() {
    every_store("unkeyable", async |cache| {
        let (works, broken) = (Fragile { works: true }, Fragile { works: false });
        let loader = CountingLoader::new();
        for runs in 1..=3 {
            assert_eq!(fragile(7, broken, loader.clone()).await, 7);
            assert_eq!(loader.runs(), runs);
        }
        let total = cache.stats().total;
        assert_eq!((total.unkeyable, total.stores, total.errors), (3, 0, 0));
        assert_eq!((total.hits, total.misses), (0, 0));
        assert_eq!(fragile::peek(7, broken).await, None);

        fragile(7, works, loader.clone()).await;
        fragile(7, works, loader.clone()).await;
        assert_eq!(loader.runs(), 4);

        let key = || fragile::key(7, broken);
        let errors = [
            cache.get::<u64>(key()).await.unwrap_err(),
            cache.set(key(), &1, None).await.unwrap_err(),
            cache.delete(key()).await.unwrap_err(),
            cache
                .touch(key(), Duration::from_secs(1))
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Key);
        }
        let load = async || Ok::<_, String>(7);
        assert_eq!(cache.get_or_load(key(), None, load).await, Ok(7));
    })
    .await;
}

/// Nested as deeply as its argument says.
#[derive(Serialize)]
struct Nested(Option<Box<Nested>>);

#[cached(ttl = "1h", prefix = "deep")]
async fn deep(argument: &Nested, #[cached(skip)] loader: CountingLoader) -> u8 {
    let _ = argument;
    loader.load(1).await
}

#[tokio::test]
async fn argument_nested_too_deeply_runs_uncached_and_ends_no_process() {
    let mut argument = Nested(None);
    for _ in 0..1_000 {
        argument = Nested(Some(Box::new(argument)));
    }
    every_store("deep", async |cache| {
        let loader = CountingLoader::new();
        deep(&argument, loader.clone()).await;
        deep(&argument, loader.clone()).await;
        assert_eq!(loader.runs(), 2);
        assert_eq!(cache.stats().total.unkeyable, 2);
    })
    .await;
}
