//! `Self` among the arguments and in what is returned.

use cached_core::{cached, invalidates};
use serde::{Deserialize, Serialize};

use crate::{Runs, check, check_invalidates, check_miss};

// Clippy takes the registration of the methods for their code.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Amount(u32);

impl Amount {
    const FACTOR: u32 = 2;

    #[cached(prefix = "sum:{self.0}")]
    async fn sum(&self, other: &Self) -> Self {
        Runs::add();
        Self((self.0 + other.0) * Self::FACTOR)
    }

    #[invalidates(self.sum(other))]
    async fn change(&self, other: &Self) -> Result<Self, ()> {
        Ok(Self(other.0))
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || Amount(1).sum(&Amount(2)).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || Amount(1).sum(&Amount(2)).await,
        async || Amount(2).sum(&Amount(1)).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let (one, two) = (Amount(1), Amount(2));
    check_invalidates(|| one.sum(&two), one.change(&two))
        .await
        .unwrap();
}
