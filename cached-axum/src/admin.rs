//! The admin page: [`router`], and its parts for pages of a service's own.
//!
//! | request | response |
//! |---|---|
//! | `GET /stats` | [`StatsReport`]: the counts, in total and by function |
//! | `GET /health` | [`HealthDetails`]: the health page, with the problem if there is one |
//! | `GET /server` | [`ServerReport`]: the server's own figures |
//! | `POST /test` | [`SelfTest`]: sets, gets and deletes a key of its own, and reports each; 503 if one failed |
//! | `POST /invalidate`, `{"pattern": "user:42:*"}` or `{"tag": "course:7"}` | [`InvalidationReport`] |
//! | `POST /purge`, `{"glob": "*:profile:*"}` | [`PurgeReport`]: how many keys were deleted |
//! | `POST /clear` | [`InvalidationReport`]: everything in the namespace is unusable |
//!
//! Responses are JSON, the [`AdminRejection`]s too, except for those of the guard; none has a value or a secret in it.
//!
//! **An admin page cannot hurt the server.** Of all `POST`s of one router, one runs at a time: others are answered with
//! `429 Too Many Requests` and `Retry-After`. A purge goes through the keyspace in batches, each with a deadline of its
//! own, and ends when its caller hangs up; the rest is of constant cost. Bodies are at most 16 KiB, patterns, tags and
//! globs at most 512 bytes, without control characters; a glob has at most four `*`, and something beside its
//! wildcards: for everything there is `/clear`.
//!
//! `/test` and `/clear` take no body, so any page can have a browser send them: a guard that goes by cookies has to look
//! at `Sec-Fetch-Site` or `Origin`, too. A bearer token is not sent by itself.

mod health_details;
mod rejection;
mod report;
mod request;
mod routes;
mod self_test;
mod server;
mod stats;

pub use health_details::HealthDetails;
pub use rejection::AdminRejection;
pub use report::{InvalidationReport, PurgeReport};
pub use routes::router;
pub use self_test::{SelfTest, StepReport};
pub use server::ServerReport;
pub use stats::{CountsReport, StatsReport};
