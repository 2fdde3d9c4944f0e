//! The services, asked over HTTP: each as a real process, on a Redis of its own or in memory.
// A test says what is wrong by panicking.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod analytics;
mod coach;
mod harness;
mod opening;
mod platform;
mod tutor;
mod vocabulary;
