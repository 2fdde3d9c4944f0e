//! A value with something of everything that `derive` makes.

#![allow(
    clippy::option_option,
    clippy::zero_sized_map_values,
    reason = "values that JSON finds hard"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rich {
    name: String,
    letter: char,
    small: (i8, u8, i16, u16),
    wide: (i64, u64, i128, u128),
    single: Float<f32>,
    double: Float<f64>,
    maybe: Option<Float<f64>>,
    twice: Option<Option<u8>>,
    unit: (),
    blob: Blob,
    by_name: BTreeMap<String, Option<i32>>,
    by_number: BTreeMap<i32, String>,
    by_letter: BTreeMap<char, Marker>,
    by_plan: BTreeMap<Plan, bool>,
    by_pair: BTreeMap<(u8, u8), u8>,
    shapes: Vec<Shape>,
    tagged: Vec<Tagged>,
    adjacent: Vec<Adjacent>,
    nested: Option<Box<Rich>>,
    #[serde(rename = "renamed \"field\"\n")]
    renamed: Wrapper,
    #[serde(flatten)]
    flat: Flat,
}

/// Equal by bits, so that a zero that lost its sign shows.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Float<T>(T);

impl PartialEq for Float<f32> {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl PartialEq for Float<f64> {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// Bytes by serde's own call for them.
#[derive(Debug, Clone, PartialEq)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapper(Option<u8>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pair(u8, Option<String>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Plan {
    Free,
    #[serde(rename = "pro plan")]
    Pro,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(Option<u8>),
    Maybe(Option<Option<u8>>),
    Tuple(u8, Float<f64>),
    Struct {
        pair: Pair,
        wrapper: Option<Wrapper>,
    },
    Nested(Box<Shape>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Unit,
    Struct {
        text: String,
        float: Float<f64>,
        many: Vec<Option<i64>>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "with")]
enum Adjacent {
    Unit,
    Newtype(Option<u64>),
    Struct { twice: Option<Option<bool>> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    number: i64,
    float: Float<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    option: Option<String>,
}

fn double() -> BoxedStrategy<Float<f64>> {
    prop_oneof![
        4 => any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |float| float.is_finite()),
        1 => prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e21, 0.1 + 0.2]),
    ]
    .prop_map(Float)
    .boxed()
}

fn single() -> impl Strategy<Value = Float<f32>> {
    any::<u32>()
        .prop_map(f32::from_bits)
        .prop_filter("finite", |float| float.is_finite())
        .prop_map(Float)
}

fn short<T: Strategy>(of: T) -> impl Strategy<Value = Vec<T::Value>> {
    prop::collection::vec(of, 0..3)
}

fn pair() -> impl Strategy<Value = Pair> {
    (any::<u8>(), prop::option::of(".{0,6}")).prop_map(|(number, text)| Pair(number, text))
}

/// A shape; `trap` decides whether it may hold what JSON cannot carry back.
fn shape(trap: bool) -> impl Strategy<Value = Shape> {
    let double = if trap {
        any::<f64>().prop_map(Float).boxed()
    } else {
        double()
    };
    let wrapper = any::<Option<u8>>().prop_map(move |inner| {
        if trap || inner.is_some() {
            Some(Wrapper(inner))
        } else {
            None
        }
    });
    let leaf = prop_oneof![
        Just(Shape::Unit),
        any::<Option<u8>>().prop_map(Shape::Newtype),
        twice(trap).prop_map(Shape::Maybe),
        (any::<u8>(), double).prop_map(|(number, float)| Shape::Tuple(number, float)),
        (pair(), wrapper).prop_map(|(pair, wrapper)| Shape::Struct { pair, wrapper }),
    ];
    leaf.prop_recursive(3, 4, 1, |inner| {
        inner.prop_map(|shape| Shape::Nested(Box::new(shape)))
    })
}

fn twice(trap: bool) -> impl Strategy<Value = Option<Option<u8>>> {
    any::<Option<Option<u8>>>().prop_map(move |value| {
        if trap {
            value
        } else {
            value.flatten().map(Some)
        }
    })
}

fn tagged() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        Just(Tagged::Unit),
        (".{0,6}", double(), short(any::<Option<i64>>()))
            .prop_map(|(text, float, many)| Tagged::Struct { text, float, many }),
    ]
}

fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        Just(Adjacent::Unit),
        any::<Option<u64>>().prop_map(Adjacent::Newtype),
        any::<Option<bool>>().prop_map(|twice| Adjacent::Struct {
            twice: twice.map(Some)
        }),
    ]
}

fn flat() -> impl Strategy<Value = Flat> {
    (any::<i64>(), double(), prop::option::of(".{0,6}")).prop_map(|(number, float, option)| Flat {
        number,
        float,
        option,
    })
}

fn any_rich(trap: bool) -> impl Strategy<Value = Rich> {
    let scalars = (
        ".{0,8}",
        any::<char>(),
        any::<(i8, u8, i16, u16)>(),
        any::<(i64, u64, i128, u128)>(),
    );
    let float = if trap {
        any::<f64>().prop_map(Float).boxed()
    } else {
        double()
    };
    let floats = (
        single(),
        double(),
        prop::option::weighted(0.2, float),
        twice(trap),
    );
    let pairs = if trap { 0..2_usize } else { 0..1 };
    let maps = (
        prop::collection::btree_map(".{0,4}", any::<Option<i32>>(), 0..3),
        prop::collection::btree_map(any::<i32>(), ".{0,4}", 0..3),
        prop::collection::btree_map(any::<char>(), Just(Marker), 0..3),
        prop::collection::btree_map(
            prop::sample::select(vec![Plan::Free, Plan::Pro]),
            any::<bool>(),
            0..3,
        ),
        prop::collection::btree_map(any::<(u8, u8)>(), any::<u8>(), pairs),
    );
    let rest = (
        short(any::<u8>()).prop_map(Blob),
        short(shape(trap)),
        short(tagged()),
        short(adjacent()),
        any::<Option<u8>>().prop_map(Wrapper),
        flat(),
    );
    let leaf = (scalars, floats, maps, rest)
        .prop_map(
            |(
                (name, letter, small, wide),
                (single, double, maybe, twice),
                (by_name, by_number, by_letter, by_plan, by_pair),
                (blob, shapes, tagged, adjacent, renamed, flat),
            )| Rich {
                name,
                letter,
                small,
                wide,
                single,
                double,
                maybe,
                twice,
                unit: (),
                blob,
                by_name,
                by_number,
                by_letter,
                by_plan,
                by_pair,
                shapes,
                tagged,
                adjacent,
                nested: None,
                renamed,
                flat,
            },
        )
        .boxed();
    (leaf.clone(), prop::option::of(leaf)).prop_map(|(outer, inner)| Rich {
        nested: inner.map(Box::new),
        ..outer
    })
}

/// Any value, also one that JSON cannot carry back.
pub(super) fn rich() -> impl Strategy<Value = Rich> {
    any_rich(true)
}

/// Any value that JSON carries back.
pub(super) fn tame() -> impl Strategy<Value = Rich> {
    any_rich(false)
}
