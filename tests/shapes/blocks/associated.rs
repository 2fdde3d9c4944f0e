//! What a block declares can be named where its functions are annotated.

use cached_core::cached;
use serde::{Deserialize, Serialize};

use super::{Runs, check, check_apart, in_cache};

/// A table.
trait Table {
    type Row;
    type Key;
    type Error;
    type Ref<'a>
    where
        Self: 'a;
    const PAGE: u32;

    fn shard(id: u32) -> u32;
    fn id(&self) -> u32;
    async fn row(&self, key: Self::Key) -> Result<Self::Row, Self::Error>;
    async fn rows(first: u32) -> Vec<Self::Row>;
    async fn some(key: Option<Self::Key>) -> Option<Self::Row>;
    async fn borrowed<'a>(&'a self, key: Self::Ref<'a>) -> u32;
    async fn converted<K: Into<Self::Key> + Serialize>(key: K) -> Self::Row;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
}

struct Numbers;

#[cached]
impl Table for Numbers {
    type Row = Row;
    type Key = u32;
    type Error = String;
    type Ref<'a> = &'a u32;

    const PAGE: u32 = 10;

    fn shard(id: u32) -> u32 {
        id % 4
    }

    fn id(&self) -> u32 {
        3
    }

    #[cached(prefix = "row:{key}", cache_err = "5s")]
    async fn row(&self, key: Self::Key) -> Result<Self::Row, Self::Error> {
        Runs::add();
        let id = key + self.id();
        if id > 100 {
            Err("too high".to_owned())
        } else {
            Ok(Row { id })
        }
    }

    #[cached(key = first / Self::PAGE)]
    async fn rows(first: u32) -> Vec<Self::Row> {
        Runs::add();
        vec![Row { id: first }]
    }

    #[cached(key = key.map(Self::shard))]
    async fn some(key: Option<Self::Key>) -> Option<Self::Row> {
        Runs::add();
        key.map(|id| Row { id })
    }

    #[cached(skip(self))]
    async fn borrowed<'a>(&'a self, key: Self::Ref<'a>) -> u32 {
        Runs::add();
        *key
    }

    #[cached]
    async fn converted<K: Into<Self::Key> + Serialize>(key: K) -> Self::Row {
        Runs::add();
        Row { id: key.into() }
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Numbers.row(1)).await;
    check(|| Numbers.row(1000)).await;
    check(|| Numbers::rows(1)).await;
    check(|| Numbers::some(Some(1))).await;
    check(|| Numbers.borrowed(&1)).await;
    check(|| Numbers::converted(1_u8)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_apart(Numbers.row(1), Numbers.row(2)).await;
    check_apart(Numbers::rows(9), Numbers::rows(10)).await;
    check_apart(Numbers::some(Some(1)), Numbers::some(Some(2))).await;
    check_apart(Numbers.borrowed(&1), Numbers.borrowed(&2)).await;
    check_apart(Numbers::converted(1_u8), Numbers::converted(1_u16)).await;
}

#[tokio::test]
async fn companions_name_it_as_well() {
    in_cache(async {
        assert_eq!(Numbers.row_refresh(1).await, Ok(Row { id: 4 }));
        assert_eq!(Numbers.row_peek(1).await, Some(Ok(Row { id: 4 })));
        assert_eq!(Numbers::rows_key(11), Numbers::rows_key(19));
        assert_eq!(Numbers::rows_uncached(1).await, [Row { id: 1 }]);
        assert_eq!(Numbers::some_key(Some(1)), Numbers::some_key(Some(5)));
        assert_eq!(Numbers::some_peek(Some(1)).await, None);
        assert_eq!(Numbers.borrowed_refresh(&1).await, 1);
        assert_eq!(Numbers.borrowed_peek(&1).await, Some(1));
        assert_eq!(Numbers::converted_refresh(1_u8).await, Row { id: 1 });
    })
    .await;
}
