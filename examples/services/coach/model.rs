//! Calls of the paid model. The same question costs once, whoever asks it.

use cached_core::cached;
use examples::{Failure, PaidModel};
use serde::{Deserialize, Serialize};

/// Words of a user. In a key they show as a digest, as all that is more than one word or number does: it is not for
/// those who look at keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sentence {
    pub(crate) text: String,
}

/// The voice of the coach.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Voice {
    Alloy,
    Echo,
}

/// Honzik is the coach's name.
#[cached(
    ttl = "24h",
    ttl_env = "REDIS_TTL_MODEL",
    prefix = "honzik:response:{sentence}"
)]
pub(crate) async fn reply(
    sentence: &Sentence,
    level: &str,
    #[cached(skip)] model: &PaidModel,
) -> Result<String, Failure> {
    let Sentence { text } = sentence;
    model.ask(&format!("Reply at level {level}: {text}")).await
}

/// Speech to text.
#[cached(ttl = "24h", ttl_env = "REDIS_TTL_MODEL", prefix = "whisper:{audio}")]
pub(crate) async fn transcript(
    audio: &[u8],
    #[cached(skip)] model: &PaidModel,
) -> Result<String, Failure> {
    model
        .ask(&format!("Transcribe: {}", String::from_utf8_lossy(audio)))
        .await
}

/// Text to speech.
#[cached(
    ttl = "24h",
    ttl_env = "REDIS_TTL_MODEL",
    prefix = "tts:{sentence}:{voice}"
)]
pub(crate) async fn speech(
    sentence: &Sentence,
    voice: Voice,
    #[cached(skip)] model: &PaidModel,
) -> Result<Vec<u8>, Failure> {
    let Sentence { text } = sentence;
    let recording = model.ask(&format!("Read as {voice:?}: {text}")).await?;
    Ok(recording.into_bytes())
}
