//! Values of serde's data model, one constructor for each call a `Serialize` can make, and their near neighbours.

use proptest::prelude::*;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

type Name = &'static str;
type Fields = Vec<(Name, Shown)>;

/// A value as serde shows it. Floats are their bits, so that equality is that of the calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(u32),
    F64(u64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<Shown>),
    Unit,
    UnitStruct(Name),
    UnitVariant(Name, u32, Name),
    NewtypeStruct(Name, Box<Shown>),
    NewtypeVariant(Name, u32, Name, Box<Shown>),
    Seq(Vec<Shown>),
    Tuple(Vec<Shown>),
    TupleStruct(Name, Vec<Shown>),
    TupleVariant(Name, u32, Name, Vec<Shown>),
    Map(Vec<(Shown, Shown)>),
    Struct(Name, Fields),
    StructVariant(Name, u32, Name, Fields),
}

use Shown as V;

/// Few and overlapping names, so that a forgotten boundary shows.
fn name() -> impl Strategy<Value = Name> + Clone {
    prop::sample::select(vec!["", "a", "b", "ab", "ba", "A"])
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab\0#E$]{0,4}", 1 => ".{0,12}", 1 => "[0-9]{1,3}"]
}

fn leaf() -> impl Strategy<Value = Shown> {
    prop_oneof![
        any::<bool>().prop_map(V::Bool),
        any::<i8>().prop_map(V::I8),
        any::<i16>().prop_map(V::I16),
        any::<i32>().prop_map(V::I32),
        any::<i64>().prop_map(V::I64),
        any::<i128>().prop_map(V::I128),
        any::<u8>().prop_map(V::U8),
        any::<u16>().prop_map(V::U16),
        any::<u32>().prop_map(V::U32),
        (0_u64..4).prop_map(V::U64),
        any::<u128>().prop_map(V::U128),
        any::<u32>().prop_map(V::F32),
        any::<u64>().prop_map(V::F64),
        any::<char>().prop_map(V::Char),
        text().prop_map(V::Str),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(V::Bytes),
        Just(V::None),
        Just(V::Unit),
        name().prop_map(V::UnitStruct),
        (name(), 0_u32..3, name())
            .prop_map(|(name, index, variant)| V::UnitVariant(name, index, variant)),
    ]
}

/// Any value. Keys within one map are different, as in a real map.
pub(super) fn shown() -> impl Strategy<Value = Shown> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let list = prop::collection::vec(inner.clone(), 0..4);
        let fields = prop::collection::vec((name(), inner.clone()), 0..4);
        let entries =
            prop::collection::btree_map(inner.clone().prop_map(|key| key.sorted()), inner, 0..5);
        prop_oneof![
            boxed.clone().prop_map(V::Some),
            (name(), boxed.clone()).prop_map(|(name, value)| V::NewtypeStruct(name, value)),
            (name(), 0_u32..3, name(), boxed)
                .prop_map(|(n, i, v, value)| V::NewtypeVariant(n, i, v, value)),
            list.clone().prop_map(V::Seq),
            list.clone().prop_map(V::Tuple),
            (name(), list.clone()).prop_map(|(name, values)| V::TupleStruct(name, values)),
            (name(), 0_u32..3, name(), list)
                .prop_map(|(n, i, v, values)| V::TupleVariant(n, i, v, values)),
            entries.prop_map(|entries| V::Map(entries.into_iter().collect())),
            (name(), fields.clone()).prop_map(|(name, fields)| V::Struct(name, fields)),
            (name(), 0_u32..3, name(), fields)
                .prop_map(|(n, i, v, fields)| V::StructVariant(n, i, v, fields)),
        ]
    })
}

/// The order of values in which two sets are compared.
pub(super) fn as_set(values: &[Shown]) -> Vec<Shown> {
    let mut sorted: Vec<_> = values.iter().map(Shown::sorted).collect();
    sorted.sort();
    sorted
}

/// Another order, chosen by `seed`, which must not be zero.
pub(super) fn shuffle<T>(mut values: Vec<T>, seed: &mut u64) -> Vec<T> {
    for last in (1..values.len()).rev() {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        values.swap(last, usize::try_from(*seed % (last as u64 + 1)).unwrap());
    }
    values
}

impl Shown {
    /// The same value with the entries of every map in one order, for equality of values.
    pub(super) fn sorted(&self) -> Self {
        self.rebuilt(&mut |mut entries| {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries
        })
    }

    /// The same value with the entries of every map in another order.
    pub(super) fn shuffled(&self, seed: &mut u64) -> Self {
        self.rebuilt(&mut |entries| shuffle(entries, seed))
    }

    fn rebuilt(&self, order: &mut impl FnMut(Vec<(V, V)>) -> Vec<(V, V)>) -> Self {
        let children = self
            .children()
            .into_iter()
            .map(|child| child.rebuilt(order))
            .collect();
        match self.with_children(children) {
            V::Map(entries) => V::Map(order(entries)),
            other => other,
        }
    }

    fn children(&self) -> Vec<&Shown> {
        match self {
            V::Some(inner) | V::NewtypeStruct(_, inner) | V::NewtypeVariant(_, _, _, inner) => {
                vec![inner]
            }
            V::Seq(list)
            | V::Tuple(list)
            | V::TupleStruct(_, list)
            | V::TupleVariant(_, _, _, list) => list.iter().collect(),
            V::Map(entries) => entries
                .iter()
                .flat_map(|(key, value)| [key, value])
                .collect(),
            V::Struct(_, fields) | V::StructVariant(_, _, _, fields) => {
                fields.iter().map(|(_, value)| value).collect()
            }
            _ => vec![],
        }
    }

    fn with_children(&self, children: Vec<Shown>) -> Shown {
        let mut children = children.into_iter();
        let mut next = || Box::new(children.next().unwrap());
        match self {
            V::Some(_) => V::Some(next()),
            V::NewtypeStruct(name, _) => V::NewtypeStruct(name, next()),
            V::NewtypeVariant(name, index, variant, _) => {
                V::NewtypeVariant(name, *index, variant, next())
            }
            V::Seq(_) => V::Seq(children.collect()),
            V::Tuple(_) => V::Tuple(children.collect()),
            V::TupleStruct(name, _) => V::TupleStruct(name, children.collect()),
            V::TupleVariant(name, index, variant, _) => {
                V::TupleVariant(name, *index, variant, children.collect())
            }
            V::Map(entries) => V::Map(entries.iter().map(|_| (*next(), *next())).collect()),
            V::Struct(name, fields) => V::Struct(
                name,
                fields.iter().map(|(field, _)| (*field, *next())).collect(),
            ),
            V::StructVariant(name, index, variant, fields) => {
                let fields = fields.iter().map(|(field, _)| (*field, *next())).collect();
                V::StructVariant(name, *index, variant, fields)
            }
            leaf => leaf.clone(),
        }
    }

    /// Every value that differs from this one in one place, by a step that a careless encoding would not see.
    pub(super) fn neighbours(&self) -> Vec<Shown> {
        let mut all = self.near();
        let children = self.children();
        for (at, child) in children.iter().enumerate() {
            for neighbour in child.neighbours() {
                let mut changed: Vec<_> = children.iter().copied().cloned().collect();
                changed[at] = neighbour;
                all.push(self.with_children(changed));
            }
        }
        all
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each call of serde")]
    fn near(&self) -> Vec<Shown> {
        let one = || Box::new(self.clone());
        let mut near = vec![
            V::Unit,
            V::None,
            V::Some(Box::new(V::None)),
            V::Some(one()),
            V::NewtypeStruct("a", one()),
            V::NewtypeVariant("a", 0, "b", one()),
            V::Seq(vec![self.clone()]),
            V::Tuple(vec![self.clone()]),
            V::Tuple(vec![self.clone(), V::Unit]),
            V::Map(vec![(self.clone(), V::Unit)]),
            V::Struct("a", vec![("b", self.clone())]),
        ];
        match self {
            V::Bool(value) => near.extend([
                V::Bool(!value),
                V::U8((*value).into()),
                V::Str(value.to_string()),
            ]),
            V::I8(value) => near.extend([
                V::I8(value.wrapping_add(1)),
                V::I16((*value).into()),
                V::U8(value.cast_unsigned()),
            ]),
            V::I16(value) => near.extend([V::I32((*value).into()), V::U16(value.cast_unsigned())]),
            V::I32(value) => near.extend([V::I64((*value).into()), V::F32(value.cast_unsigned())]),
            V::I64(value) => near.extend([V::I128((*value).into()), V::U64(value.cast_unsigned())]),
            V::I128(value) => {
                near.extend([V::U128(value.cast_unsigned()), V::Str(value.to_string())]);
            }
            V::U8(value) => near.extend([
                V::U16((*value).into()),
                V::Bytes(vec![*value]),
                V::Str(value.to_string()),
            ]),
            V::U16(value) => near.extend([
                V::U32((*value).into()),
                V::Bytes(value.to_le_bytes().to_vec()),
            ]),
            V::U32(value) => near.extend([V::U64((*value).into()), V::F32(*value)]),
            V::U64(value) => near.extend([
                V::U128((*value).into()),
                V::F64(*value),
                V::Str(value.to_string()),
            ]),
            V::U128(value) => {
                near.extend([V::U128(value.wrapping_add(1)), V::Str(value.to_string())]);
            }
            V::F32(bits) => near.extend([
                V::F32(bits ^ 1 << 31),
                V::F64(f64::from(f32::from_bits(*bits)).to_bits()),
            ]),
            V::F64(bits) => near.extend([V::F64(bits ^ 1 << 63), V::U64(*bits)]),
            V::Char(char) => near.extend([V::Str(char.to_string()), V::U32((*char).into())]),
            V::Str(text) => {
                let text = text.as_str();
                near.extend(["\0", "a", "b"].map(|more| V::Str(format!("{text}{more}"))));
                near.push(V::Bytes(text.as_bytes().to_vec()));
                near.extend(text.chars().next().map(V::Char));
                for (at, _) in text.char_indices() {
                    let (left, right) = text.split_at(at);
                    near.push(V::Tuple(vec![V::Str(left.into()), V::Str(right.into())]));
                }
            }
            V::Bytes(bytes) => {
                near.push(V::Seq(bytes.iter().map(|byte| V::U8(*byte)).collect()));
                near.push(V::Str(String::from_utf8_lossy(bytes).into_owned()));
            }
            V::Some(inner) => {
                near.extend([(**inner).clone(), V::NewtypeStruct("Some", inner.clone())]);
            }
            V::UnitStruct(name) => near.extend([
                V::Str((*name).into()),
                V::UnitVariant("", 0, name),
                V::UnitStruct("c"),
            ]),
            V::UnitVariant(name, index, variant) => near.extend([
                V::UnitVariant(name, index + 1, variant),
                V::UnitVariant(variant, *index, name),
                V::UnitStruct(variant),
                V::NewtypeVariant(name, *index, variant, Box::new(V::Unit)),
                V::TupleVariant(name, *index, variant, vec![]),
                V::StructVariant(name, *index, variant, vec![]),
            ]),
            V::NewtypeStruct(name, inner) => near.extend([
                (**inner).clone(),
                V::TupleStruct(name, vec![(**inner).clone()]),
            ]),
            V::NewtypeVariant(name, index, variant, inner) => near.extend([
                V::NewtypeVariant(variant, *index, name, inner.clone()),
                V::NewtypeVariant(name, index + 1, variant, inner.clone()),
                V::TupleVariant(name, *index, variant, vec![(**inner).clone()]),
            ]),
            V::Seq(list)
            | V::Tuple(list)
            | V::TupleStruct(_, list)
            | V::TupleVariant(_, _, _, list) => {
                near.extend([
                    V::Seq(list.clone()),
                    V::Tuple(list.clone()),
                    V::TupleStruct("a", list.clone()),
                ]);
                near.push(V::TupleVariant("a", 0, "b", list.clone()));
                near.push(V::Seq(list.iter().rev().cloned().collect()));
                near.push(V::Seq(list.iter().skip(1).cloned().collect()));
                near.extend(moved_boundaries(list).into_iter().map(V::Seq));
                near.push(V::Map(
                    list.iter().map(|value| (value.clone(), V::Unit)).collect(),
                ));
            }
            V::Map(entries) => {
                near.push(V::Map(entries.iter().skip(1).cloned().collect()));
                near.push(V::Seq(
                    entries
                        .iter()
                        .map(|(key, value)| V::Tuple(vec![key.clone(), value.clone()]))
                        .collect(),
                ));
                near.push(V::Seq(
                    entries
                        .iter()
                        .flat_map(|(key, value)| [key.clone(), value.clone()])
                        .collect(),
                ));
                near.push(V::Map(
                    entries
                        .iter()
                        .map(|(key, value)| (value.clone(), key.clone()))
                        .collect(),
                ));
                let values = entries.iter().rev().map(|(_, value)| value.clone());
                near.push(V::Map(
                    entries
                        .iter()
                        .map(|(key, _)| key.clone())
                        .zip(values)
                        .collect(),
                ));
            }
            V::Struct(name, fields) | V::StructVariant(name, _, _, fields) => {
                near.push(V::Struct("c", fields.clone()));
                near.push(V::Struct(name, fields.iter().skip(1).cloned().collect()));
                near.push(V::Struct(
                    name,
                    fields
                        .iter()
                        .map(|(_, value)| ("c", value.clone()))
                        .collect(),
                ));
                near.push(V::Map(
                    fields
                        .iter()
                        .map(|(field, value)| (V::Str((*field).into()), value.clone()))
                        .collect(),
                ));
                near.push(V::TupleStruct(
                    name,
                    fields.iter().map(|(_, value)| value.clone()).collect(),
                ));
                near.push(V::StructVariant(name, 0, "a", fields.clone()));
            }
            V::None | V::Unit => {}
        }
        near
    }
}

/// `[[a], [b]]` as `[[a, b], []]`, and so on: the same leaves, cut elsewhere.
fn moved_boundaries(list: &[Shown]) -> Vec<Vec<Shown>> {
    let mut all = vec![];
    for at in 0..list.len().saturating_sub(1) {
        if let (V::Seq(left), V::Seq(right)) = (&list[at], &list[at + 1]) {
            let mut moved = list.to_vec();
            moved[at] = V::Seq(left.iter().chain(right).cloned().collect());
            moved[at + 1] = V::Seq(vec![]);
            all.push(moved);
        }
    }
    all
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            V::Bool(value) => serializer.serialize_bool(*value),
            V::I8(value) => serializer.serialize_i8(*value),
            V::I16(value) => serializer.serialize_i16(*value),
            V::I32(value) => serializer.serialize_i32(*value),
            V::I64(value) => serializer.serialize_i64(*value),
            V::I128(value) => serializer.serialize_i128(*value),
            V::U8(value) => serializer.serialize_u8(*value),
            V::U16(value) => serializer.serialize_u16(*value),
            V::U32(value) => serializer.serialize_u32(*value),
            V::U64(value) => serializer.serialize_u64(*value),
            V::U128(value) => serializer.serialize_u128(*value),
            V::F32(bits) => serializer.serialize_f32(f32::from_bits(*bits)),
            V::F64(bits) => serializer.serialize_f64(f64::from_bits(*bits)),
            V::Char(char) => serializer.serialize_char(*char),
            V::Str(text) => serializer.serialize_str(text),
            V::Bytes(bytes) => serializer.serialize_bytes(bytes),
            V::None => serializer.serialize_none(),
            V::Some(value) => serializer.serialize_some(value),
            V::Unit => serializer.serialize_unit(),
            V::UnitStruct(name) => serializer.serialize_unit_struct(name),
            V::UnitVariant(name, index, variant) => {
                serializer.serialize_unit_variant(name, *index, variant)
            }
            V::NewtypeStruct(name, value) => serializer.serialize_newtype_struct(name, value),
            V::NewtypeVariant(name, index, variant, value) => {
                serializer.serialize_newtype_variant(name, *index, variant, value)
            }
            V::Seq(values) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                values
                    .iter()
                    .try_for_each(|value| seq.serialize_element(value))?;
                seq.end()
            }
            V::Tuple(values) => {
                let mut tuple = serializer.serialize_tuple(values.len())?;
                values
                    .iter()
                    .try_for_each(|value| tuple.serialize_element(value))?;
                tuple.end()
            }
            V::TupleStruct(name, values) => {
                let mut tuple = serializer.serialize_tuple_struct(name, values.len())?;
                values
                    .iter()
                    .try_for_each(|value| tuple.serialize_field(value))?;
                tuple.end()
            }
            V::TupleVariant(name, index, variant, values) => {
                let mut tuple =
                    serializer.serialize_tuple_variant(name, *index, variant, values.len())?;
                values
                    .iter()
                    .try_for_each(|value| tuple.serialize_field(value))?;
                tuple.end()
            }
            V::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries
                    .iter()
                    .try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            V::Struct(name, fields) => {
                let mut fields_of = serializer.serialize_struct(name, fields.len())?;
                fields
                    .iter()
                    .try_for_each(|(field, value)| fields_of.serialize_field(field, value))?;
                fields_of.end()
            }
            V::StructVariant(name, index, variant, fields) => {
                let mut fields_of =
                    serializer.serialize_struct_variant(name, *index, variant, fields.len())?;
                fields
                    .iter()
                    .try_for_each(|(field, value)| fields_of.serialize_field(field, value))?;
                fields_of.end()
            }
        }
    }
}
