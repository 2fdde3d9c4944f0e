//! Floats, by their bits: NaN equals itself, and `-0.0` is not `0.0`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "celsius:{fahrenheit}")]
async fn is_warm(fahrenheit: f64, limit: f32) -> bool {
    Runs::add();
    fahrenheit > f64::from(limit)
}

#[invalidates("celsius:{fahrenheit}")]
async fn change(fahrenheit: f64) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| is_warm(1.5, 0.1)).await;
    check(|| is_warm(f64::NAN, f32::INFINITY)).await;
    check(|| is_warm(-0.0, f32::MIN_POSITIVE)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| is_warm(0.1 + 0.2, 1.0), || is_warm(0.3, 1.0)).await;
    check_miss(|| is_warm(0.0, 1.0), || is_warm(-0.0, 1.0)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| is_warm(0.1, 1.0), change(0.1)).await;
    check_invalidates(|| is_warm(f64::NAN, 1.0), change(f64::NAN)).await;
}
