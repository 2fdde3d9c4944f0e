//! Series, episodes and their lines.

use cached_core::cached;
use serde::{Deserialize, Serialize};

use crate::{Failure, Vocabulary};

/// An episode of a series.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Episode {
    id: i64,
    number: i64,
    title: String,
}

impl Vocabulary {
    /// Lists the episodes of a series, in their order.
    #[cached(ttl = "30m", prefix = "vocabulary:series:{series}:episodes")]
    pub(crate) async fn episodes(&self, series: i64) -> Result<Vec<Episode>, Failure> {
        let episodes = sqlx::query_as(
            "SELECT id, number, title FROM episode WHERE series_id = ? ORDER BY number",
        )
        .bind(series)
        .fetch_all(self.database.pool())
        .await?;
        Ok(episodes)
    }

    /// Lists the lines of an episode.
    #[cached(ttl = "2h", prefix = "vocabulary:episode:{episode}:subtitles")]
    pub(crate) async fn subtitles(&self, episode: i64) -> Result<Vec<String>, Failure> {
        let lines =
            sqlx::query_scalar("SELECT text FROM subtitle WHERE episode_id = ? ORDER BY number")
                .bind(episode)
                .fetch_all(self.database.pool())
                .await?;
        Ok(lines)
    }
}
