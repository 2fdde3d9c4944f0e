//! Questions to the model, each with the ttl of its answers.

use cached_core::{cached, invalidates};
use examples::{Database, Failure, PaidModel};
use serde::{Deserialize, Serialize};

/// The sources of answers; nothing of them belongs in a key.
#[derive(Clone, Debug)]
pub(crate) struct Lessons {
    pub(crate) model: PaidModel,
    pub(crate) database: Database,
}

/// An answer of the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    text: String,
}

/// Asks the model for feedback on an answer to an exercise.
#[cached(ttl = "1h", ttl_env = "FEEDBACK_TTL", prefix = "ai:feedback", tags = ["exercise:{exercise}"])]
pub(crate) async fn feedback(
    exercise: i64,
    answer: &str,
    #[cached(skip)] lessons: &Lessons,
) -> Result<Answer, Failure> {
    let task = lessons.exercise(exercise).await?;
    lessons.ask(&format!("Task: {task} Answer: {answer}")).await
}

/// Asks the model for a hint at an exercise.
#[cached(ttl = "30m", ttl_env = "HINT_TTL", prefix = "ai:hint", tags = ["exercise:{exercise}"])]
pub(crate) async fn hint(
    exercise: i64,
    #[cached(skip)] lessons: &Lessons,
) -> Result<Answer, Failure> {
    let task = lessons.exercise(exercise).await?;
    lessons.ask(&format!("A hint for: {task}")).await
}

/// Asks the model what a learner should do next.
#[cached(ttl = "2h", ttl_env = "INSIGHT_TTL", prefix = "ai:insight")]
pub(crate) async fn insight(
    learner: i64,
    #[cached(skip)] lessons: &Lessons,
) -> Result<Answer, Failure> {
    let (name, minutes, known): (String, i64, i64) = sqlx::query_as(
        "SELECT name, (SELECT sum(minutes) FROM practice WHERE user_id = id),
                (SELECT sum(known) FROM user_word WHERE user_id = id)
         FROM user WHERE id = ?",
    )
    .bind(learner)
    .fetch_optional(lessons.database.pool())
    .await?
    .ok_or_else(|| Failure::not_found("no such learner"))?;
    let prompt = format!("{name} practised {minutes} minutes and knows {known} words. What next?");
    lessons.ask(&prompt).await
}

/// Gives an exercise another text; what was said about the old one is forgotten.
#[invalidates(tags = ["exercise:{exercise}"])]
pub(crate) async fn rewrite(exercise: i64, text: &str, lessons: &Lessons) -> Result<(), Failure> {
    let written = sqlx::query("UPDATE exercise SET text = ? WHERE id = ?")
        .bind(text)
        .bind(exercise)
        .execute(lessons.database.pool())
        .await?;
    match written.rows_affected() {
        0 => Err(no_such_exercise()),
        _ => Ok(()),
    }
}

impl Lessons {
    /// The exercises that most learners do, by number.
    pub(crate) async fn common(&self, limit: u32) -> Result<Vec<i64>, Failure> {
        let common = sqlx::query_scalar("SELECT id FROM exercise ORDER BY id LIMIT ?")
            .bind(limit)
            .fetch_all(self.database.pool())
            .await?;
        Ok(common)
    }

    async fn exercise(&self, id: i64) -> Result<String, Failure> {
        sqlx::query_scalar("SELECT text FROM exercise WHERE id = ?")
            .bind(id)
            .fetch_optional(self.database.pool())
            .await?
            .ok_or_else(no_such_exercise)
    }

    async fn ask(&self, prompt: &str) -> Result<Answer, Failure> {
        let text = self.model.ask(prompt).await?;
        Ok(Answer { text })
    }
}

fn no_such_exercise() -> Failure {
    Failure::not_found("no such exercise")
}
