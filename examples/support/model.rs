//! A stand-in for a language model that is paid by the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use serde::Serialize;

use crate::{Failure, settings};

/// A model that takes its time, counts its calls, and charges for each. Cheap to clone; clones are the same account.
#[derive(Clone, Debug)]
pub struct PaidModel {
    latency: Duration,
    price: f64,
    calls: Arc<AtomicU64>,
}

/// The costs of the model, and the savings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bill {
    /// Calls that the model has answered.
    pub calls: u64,
    /// Calls that it was spared.
    pub calls_avoided: u64,
    /// Dollars for one call.
    pub price_per_call: f64,
    /// Dollars paid.
    pub spent: f64,
    /// Dollars not paid.
    pub saved: f64,
}

impl PaidModel {
    /// Creates a model that takes `MODEL_LATENCY` (400 ms) for an answer and charges `MODEL_PRICE` (0.002) dollars.
    ///
    /// # Errors
    ///
    /// If one of the two does not parse.
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            latency: settings::duration_or("MODEL_LATENCY", Duration::from_millis(400))?,
            price: settings::or("MODEL_PRICE", 0.002)?,
            calls: Arc::default(),
        })
    }

    /// Returns the model's answer to `prompt`: always the same to the same.
    ///
    /// # Errors
    ///
    /// 502 if there is nothing in the prompt, as the real ones do. It is charged all the same.
    pub async fn ask(&self, prompt: &str) -> Result<String, Failure> {
        tokio::time::sleep(self.latency).await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        if prompt.trim().is_empty() {
            let message = "the model has no answer to an empty prompt";
            return Err(Failure::new(StatusCode::BAD_GATEWAY, message));
        }
        Ok(answer(prompt))
    }

    /// Returns the number of calls it has answered.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Makes the bill, given how many calls a cache has answered in its place.
    #[must_use]
    pub fn bill(&self, calls_avoided: u64) -> Bill {
        let calls = self.calls();
        // To a millionth: 86 calls for 0.002 are 0.172, and not 0.17200000000000001.
        let dollars = |calls: u64| (calls as f64 * self.price * 1e6).round() / 1e6;
        Bill {
            calls,
            calls_avoided,
            price_per_call: self.price,
            spent: dollars(calls),
            saved: dollars(calls_avoided),
        }
    }
}

/// Turns the prompt round: as good an answer as any for what it is needed for, and another for each prompt.
fn answer(prompt: &str) -> String {
    let words: Vec<&str> = prompt.split_whitespace().rev().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bill_has_no_more_digits_than_money_has() {
        let model = PaidModel {
            latency: Duration::ZERO,
            price: 0.002,
            calls: Arc::new(AtomicU64::new(86)),
        };
        let bill = model.bill(185);
        assert_eq!(
            (bill.spent.to_string(), bill.saved.to_string()),
            ("0.172".into(), "0.37".into())
        );
    }
}
