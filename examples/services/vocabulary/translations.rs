//! Translations, which are paid for.

use cached_core::cached;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::{Failure, Vocabulary};

/// A text in another language.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Translation {
    text: String,
    translated: String,
}

impl Vocabulary {
    /// A text, from one language into another.
    #[cached(ttl = "24h", prefix = "translation:{source}:{target}")]
    pub(crate) async fn translation(
        &self,
        text: &str,
        source: &str,
        target: &str,
    ) -> Result<Translation, Failure> {
        let prompt = format!("From {source} to {target}: {text}");
        Ok(Translation {
            text: text.to_owned(),
            translated: self.translator.ask(&prompt).await?,
        })
    }

    /// Translates several texts at once. One that was translated before, alone or in another batch, is not paid for again.
    #[cached(ttl = "24h", prefix = "translation:{source}:{target}:batch")]
    pub(crate) async fn translations(
        &self,
        texts: &[String],
        source: &str,
        target: &str,
    ) -> Result<Vec<Translation>, Failure> {
        try_join_all(
            texts
                .iter()
                .map(|text| self.translation(text, source, target)),
        )
        .await
    }
}
