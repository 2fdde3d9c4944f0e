//! Reports that take the database a while, cached by what their paths say.

use axum::Json;
use axum::extract::{Path, State};
use cached_axum::cached;
use examples::{Database, Failure};
use serde::{Deserialize, Serialize};

/// The system in numbers.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct System {
    courses: i64,
    students: i64,
    enrolments: i64,
    minutes: i64,
}

/// One course, all of its students together.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Course {
    title: String,
    students: i64,
    average_progress: f64,
    average_score: f64,
    minutes: i64,
}

/// One student, in all courses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Student {
    name: String,
    courses: Vec<Standing>,
}

/// The standing of a student in a course.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Standing {
    title: String,
    progress: f64,
    score: f64,
    /// The rank, from 1 for the best score.
    rank: i64,
}

#[cached(ttl = "30s", prefix = "system:stats")]
pub(crate) async fn system(
    #[cached(skip)] State(database): State<Database>,
) -> Result<Json<System>, Failure> {
    let system = sqlx::query_as(
        "SELECT (SELECT count(*) FROM course) AS courses, (SELECT count(*) FROM student) AS students,
            (SELECT count(*) FROM enrolment) AS enrolments, (SELECT sum(minutes) FROM activity) AS minutes",
    );
    Ok(Json(system.fetch_one(database.pool()).await?))
}

#[cached(ttl = "60s", prefix = "analytics:course:{id}")]
pub(crate) async fn course(
    Path(id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
) -> Result<Json<Course>, Failure> {
    let course: Option<Course> = sqlx::query_as(
        "SELECT title, count(*) AS students, avg(progress) AS average_progress, avg(score) AS average_score,
            (SELECT sum(minutes) FROM activity WHERE course_id = course.id) AS minutes
         FROM course JOIN enrolment ON course_id = course.id WHERE course.id = ? GROUP BY course.id",
    )
    .bind(id)
    .fetch_optional(database.pool())
    .await?;
    let missing = || Failure::not_found("no such course");
    course.map(Json).ok_or_else(missing)
}

#[cached(ttl = "45s", prefix = "analytics:student:{id}")]
pub(crate) async fn student(
    Path(id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
) -> Result<Json<Student>, Failure> {
    let name = sqlx::query_scalar("SELECT name FROM student WHERE id = ?")
        .bind(id)
        .fetch_optional(database.pool())
        .await?
        .ok_or_else(|| Failure::not_found("no such student"))?;
    let courses = sqlx::query_as(
        "SELECT title, progress, score, rank FROM
            (SELECT *, rank() OVER (PARTITION BY course_id ORDER BY score DESC) AS rank FROM enrolment)
         JOIN course ON course.id = course_id WHERE student_id = ? ORDER BY title",
    )
    .bind(id)
    .fetch_all(database.pool())
    .await?;
    Ok(Json(Student { name, courses }))
}
