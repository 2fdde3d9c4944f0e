//! A look at a whole body that does not wait for it.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

type First = Result<Frame<Bytes>, axum_core::Error>;

/// Returns the whole body, if it is here in one piece of at most `limit` bytes, and the body as it was.
///
/// A body that does not know its size is not touched: it is a stream. No other is waited for.
pub(crate) async fn peek_whole(mut body: Body, limit: u64) -> (Option<Bytes>, Body) {
    let size = body.size_hint().exact().filter(|size| *size <= limit);
    let Some(size) = size else {
        return (None, body);
    };
    if body.is_end_stream() {
        return (Some(Bytes::new()), body);
    }
    let look = poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context)));
    let first: First = match look.await {
        Poll::Pending => return (None, body),
        Poll::Ready(None) => return (Some(Bytes::new()), Body::empty()),
        Poll::Ready(Some(first)) => first,
    };
    // After it there could be trailers.
    let bytes = first.as_ref().ok().and_then(Frame::data_ref);
    match bytes.filter(|bytes| body.is_end_stream() && bytes.len() as u64 == size) {
        Some(bytes) => (Some(bytes.clone()), Body::from(bytes.clone())),
        None => (None, Body::new(PutBack::new(first, body))),
    }
}

/// A body whose first frame was taken out and is back.
struct PutBack {
    first: Option<First>,
    rest: Body,
}

impl PutBack {
    fn new(first: First, rest: Body) -> Self {
        let first = Some(first);
        Self { first, rest }
    }
}

impl http_body::Body for PutBack {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.size_hint();
        let first = self.first.as_ref().and_then(|first| first.as_ref().ok());
        let first = first.and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
        let mut size = SizeHint::new();
        size.set_lower(rest.lower().saturating_add(first));
        if let Some(upper) = rest.upper() {
            size.set_upper(upper.saturating_add(first));
        }
        size
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use http::HeaderMap;
    use http_body_util::BodyExt as _;

    use super::*;

    const LIMIT: u64 = 1024;

    /// A body whose frames are there at once; then, if it hangs, nothing ever comes. As large as `size` says.
    struct Frames {
        left: VecDeque<First>,
        size: SizeHint,
        hangs: bool,
    }

    impl http_body::Body for Frames {
        type Data = Bytes;
        type Error = axum_core::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            match self.left.pop_front() {
                None if self.hangs => Poll::Pending,
                frame => Poll::Ready(frame),
            }
        }

        fn is_end_stream(&self) -> bool {
            self.left.is_empty() && !self.hangs
        }

        fn size_hint(&self) -> SizeHint {
            self.size
        }
    }

    fn frames(frames: impl IntoIterator<Item = First>, size: Option<u64>, hangs: bool) -> Body {
        Body::new(Frames {
            left: frames.into_iter().collect(),
            size: size.map_or_else(SizeHint::default, SizeHint::with_exact),
            hangs,
        })
    }

    fn data(text: &'static str) -> Frame<Bytes> {
        Frame::data(Bytes::from_static(text.as_bytes()))
    }

    async fn collected(body: Body) -> (Bytes, Option<HeaderMap>) {
        let body = body.collect().await.unwrap();
        let trailers = body.trailers().cloned();
        (body.to_bytes(), trailers)
    }

    #[tokio::test]
    async fn body_of_one_piece_is_seen_and_kept() {
        for (text, body) in [
            ("text", Body::from("text")),
            ("", Body::empty()),
            ("", Body::from("")),
        ] {
            let (seen, body) = peek_whole(body, LIMIT).await;
            assert_eq!(seen.as_deref(), Some(text.as_bytes()));
            assert_eq!(body.size_hint().exact(), Some(text.len() as u64));
            assert_eq!(collected(body).await.0, text);
        }
    }

    #[tokio::test]
    async fn body_of_unknown_size_is_not_touched() {
        let (seen, body) = peek_whole(frames([Ok(data("a"))], None, true), LIMIT).await;
        assert_eq!(seen, None);
        let mut body = body;
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "a");
    }

    #[tokio::test]
    async fn body_that_has_nothing_yet_is_not_waited_for() {
        let (seen, body) = peek_whole(frames([], Some(4), true), LIMIT).await;
        assert_eq!(seen, None);
        assert_eq!(body.size_hint().exact(), Some(4));
    }

    #[tokio::test]
    async fn body_of_several_pieces_is_put_back_together() {
        let (seen, body) = peek_whole(
            frames([Ok(data("ab")), Ok(data("cd"))], Some(4), false),
            LIMIT,
        )
        .await;
        assert_eq!(seen, None);
        assert!(!body.is_end_stream());
        assert_eq!(collected(body).await.0, "abcd");
    }

    #[tokio::test]
    async fn trailers_are_kept() {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", "1".parse().unwrap());
        let both = [Ok(data("ab")), Ok(Frame::trailers(trailers.clone()))];
        let (seen, body) = peek_whole(frames(both, Some(2), false), LIMIT).await;
        assert_eq!(seen, None);
        assert_eq!(collected(body).await, ("ab".into(), Some(trailers)));
    }

    #[tokio::test]
    async fn error_of_a_body_is_put_back() {
        let error = || Err(axum_core::Error::new("broken"));
        let (seen, body) = peek_whole(frames([error()], Some(2), false), LIMIT).await;
        assert_eq!(seen, None);
        assert_eq!(body.collect().await.unwrap_err().to_string(), "broken");
    }

    #[tokio::test]
    async fn body_beyond_the_limit_is_not_seen() {
        let (seen, body) = peek_whole(Body::from("abcd"), 3).await;
        assert_eq!(seen, None);
        assert_eq!(collected(body).await.0, "abcd");
    }

    #[tokio::test]
    async fn body_that_lies_about_its_size_is_not_seen() {
        let (seen, body) = peek_whole(frames([Ok(data("abc"))], Some(2), false), LIMIT).await;
        assert_eq!(seen, None);
        assert_eq!(collected(body).await.0, "abc");
    }
}
