//! Checks of what every caller sees, whatever the entries are kept in.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{READS, assert_hit, assert_loaded, bypass, calls, put, status};
use crate::harness::{Service, send};

/// Reads everything twice, and once more for somebody else.
pub(super) async fn check_reads(service: &Service) {
    for path in READS {
        assert_loaded(&status(service, path).await);
        let first = service.get(path).await;
        assert_hit(first.header("cache-status"));
        assert_eq!(bypass(service, path).await.ok(), first.ok());
    }
    for path in [
        "/users/1002/profile",
        "/stats/2/progress",
        "/words/2/all",
        "/users/1001/history/6",
    ] {
        assert_loaded(&status(service, path).await);
    }
}

/// Each write makes its own reader, and those it names, load again; all others keep what they have.
pub(super) async fn check_writes(service: &Service) {
    let profile = json!({ "name": "Ada", "language": "cs", "level": "B2" });
    let settings = json!({ "voice": "alloy", "daily_goal": 45 });
    let review = json!({ "word": "come", "knew": true });
    let writes = [
        (
            Method::PUT,
            "/users/1001/profile",
            profile,
            vec!["/users/1001/profile"],
        ),
        (
            Method::PUT,
            "/users/1001/settings",
            settings,
            vec!["/users/1001/settings", "/stats/1/daily/2026-01-31"],
        ),
        (
            Method::POST,
            "/words/1/reviews",
            review,
            vec![
                "/words/1/all",
                "/words/1/due",
                "/stats/1/daily/2026-01-31",
                "/stats/1/progress",
            ],
        ),
        (
            Method::POST,
            "/users/1001/messages",
            json!({ "text": "What is a river?" }),
            vec![
                "/users/1001/history/5",
                "/stats/1/daily/2026-01-31",
                "/stats/1/progress",
            ],
        ),
    ];
    for (method, path, body, stale) in writes {
        send(service.request(method, path).json(&body)).await.ok();
        for read in READS {
            let answer = status(service, read).await;
            if stale.contains(&read) {
                assert_loaded(&answer);
            } else {
                assert_hit(&answer);
            }
        }
        assert_hit(&status(service, "/users/1002/profile").await);
        assert_hit(&status(service, "/stats/2/progress").await);
        assert_hit(&status(service, "/words/2/all").await);
    }
    let profile = service.get("/users/1001/profile").await.ok();
    assert_eq!(profile["name"], "Ada");
    let daily = service.get("/stats/1/daily/2026-01-31").await.ok();
    assert_eq!(daily["goal"], 45);
    let history = service.get("/users/1001/history/5").await.ok();
    assert_eq!(history[1]["text"], "What is a river?");
}

/// The same question is paid for once, whoever asks it, and however many do so at a time.
pub(super) async fn check_model(service: &Service) {
    let recording = |number: u8| {
        let request = service.request(Method::POST, "/transcripts");
        // That is a wish for reads only.
        let request = request.header("cache-control", "no-store");
        send(request.body(vec![number; 100_000]))
    };
    let before = service.get("/bill").await.ok();
    let answers = join_all((0..50).map(|number| recording(number % 2))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let after = service.get("/bill").await.ok();
    let more = |field: &str| {
        after[field]
            .as_u64()
            .zip(before[field].as_u64())
            .map(|(after, before)| after - before)
    };
    assert_eq!((more("calls"), more("calls_avoided")), (Some(2), Some(48)));

    let before = calls(service).await;
    let sentence = json!({ "text": "Where is the river?" });
    // Two of one level, at which the answer is the same.
    for user in ["1002", "1018"] {
        let profile = json!({ "name": "Eve", "language": "de", "level": "A2" });
        put(service, &format!("/users/{user}/profile"), &profile)
            .await
            .ok();
        let said = service
            .post(&format!("/users/{user}/messages"), &sentence)
            .await;
        assert!(said.ok()["reply"].is_string());
    }
    assert_eq!(calls(service).await, before + 1);

    let speech = |voice| json!({ "text": "Where is the river?", "voice": voice });
    for (voice, paid) in [("echo", 1), ("echo", 0), ("alloy", 1)] {
        let before = calls(service).await;
        assert_eq!(service.post("/speech", &speech(voice)).await.status, 200);
        assert_eq!(calls(service).await, before + paid, "{voice}");
    }
    for (audio, paid) in [(b"\0\xffone", 1), (b"\0\xffone", 0), (b"\0\xfeone", 1)] {
        let before = calls(service).await;
        let request = service
            .request(Method::POST, "/transcripts")
            .body(audio.to_vec());
        send(request).await.ok();
        assert_eq!(calls(service).await, before + paid, "{audio:?}");
    }
}
