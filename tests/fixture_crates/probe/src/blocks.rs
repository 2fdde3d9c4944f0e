//! The attribute on a block.

use ::cached_core::{cached, invalidates};

use crate::Count;

crate::taken::take_names!();

/// Rows by their numbers.
pub trait Rows {
    /// What is in a row.
    type Row;

    /// One of them.
    fn row(
        &self,
        id: u64,
    ) -> impl ::core::future::Future<Output = Self::Row> + ::core::marker::Send;

    /// The first.
    fn first() -> impl ::core::future::Future<Output = Self::Row> + ::core::marker::Send;
}

/// A table.
#[derive(Debug)]
pub struct Table;

#[cached]
impl Rows for Table {
    type Row = u64;

    #[cached(prefix = "row:{id}", skip(self))]
    async fn row(&self, id: u64) -> Self::Row {
        id + 1
    }

    #[cached]
    async fn first() -> Self::Row {
        1
    }
}

#[cached]
impl Table {
    /// Without `self`: see [`Table::change`].
    #[cached(prefix = "of:{id}")]
    pub async fn of(id: u64, #[cached(skip)] count: Count) -> u64 {
        count();
        id
    }

    /// Changes it.
    #[invalidates(Table::of(id), self.row(id))]
    pub async fn change(&self, id: u64) {}
}
