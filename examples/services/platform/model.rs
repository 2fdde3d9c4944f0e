//! Questions to the paid model: each kind with a ttl of its own.

use axum::Json;
use axum::extract::{Path, State};
use cached_axum::cached;
use examples::{Database, Failure, PaidModel};
use serde::{Deserialize, Serialize};

/// A task of the model with a text.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    Summarize,
    Translate,
    Grade,
}

/// The model to ask, and the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    model: String,
    input: String,
}

/// Words of a user in a scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Say {
    user_id: i64,
    text: String,
}

/// An answer of the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    text: String,
}

type Answer = Result<Json<Reply>, Failure>;

#[cached(
    ttl = "24h",
    ttl_env = "ANSWER_TTL",
    prefix = "model:{operation}:{ask.model}"
)]
pub(crate) async fn answer(
    Path(operation): Path<Operation>,
    #[cached(skip)] State(model): State<PaidModel>,
    Json(ask): Json<Ask>,
) -> Answer {
    let prompt = match ask.input.trim() {
        "" => String::new(),
        input => format!("{operation:?} as {}: {input}", ask.model),
    };
    told(&model, &prompt).await
}

/// Analyses the page of a scenario.
#[cached(ttl = "12h", ttl_env = "ANALYSIS_TTL", prefix = "analysis:{scenario_id}", tags = ["scenario:{scenario_id}"])]
pub(crate) async fn analysis(
    Path(scenario_id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
    #[cached(skip)] State(model): State<PaidModel>,
) -> Answer {
    let page = page(scenario_id, &database).await?;
    told(&model, &format!("Analyse this page: {page}")).await
}

/// Simulates the reply of a person.
#[cached(
    ttl = "1h",
    ttl_env = "SIMULATION_TTL",
    prefix = "simulation:{scenario_id}:{said.user_id}",
    tags = ["scenario:{scenario_id}", "user:{said.user_id}"]
)]
pub(crate) async fn simulate(
    Path(scenario_id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
    #[cached(skip)] State(model): State<PaidModel>,
    Json(said): Json<Say>,
) -> Answer {
    let page = page(scenario_id, &database).await?;
    told(
        &model,
        &format!("You are in this scene: {page}. Reply to: {}", said.text),
    )
    .await
}

async fn page(scenario_id: i64, database: &Database) -> Result<String, Failure> {
    sqlx::query_scalar("SELECT page FROM scenario WHERE id = ?")
        .bind(scenario_id)
        .fetch_optional(database.pool())
        .await?
        .ok_or_else(|| Failure::not_found("no such scenario"))
}

async fn told(model: &PaidModel, prompt: &str) -> Answer {
    let text = model.ask(prompt).await?;
    Ok(Json(Reply { text }))
}
