//! Bodies that stream, over a real connection.

use std::{convert::Infallible, time::Duration};

use axum::{Router, body::Body, response::IntoResponse, routing::get};
use bytes::Bytes;
use cached_axum::CacheLayer;
use cached_core::Cache;
use http_body::Frame;
use http_body_util::channel::Channel;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::fixture::length;

/// Reads until the text ends so.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !read.ends_with(end.as_bytes()) {
            read.push(stream.read_u8().await.unwrap());
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), reading).await;
    let text = String::from_utf8(read).unwrap();
    assert!(waited.is_ok(), "no {end:?} after {text:?}");
    text
}

#[tokio::test]
async fn stream_is_passed_on_piece_by_piece() {
    let (sender, receiver) = mpsc::channel::<&'static str>(1);
    let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(receiver));
    let streaming = async move || {
        length("ab").await;
        let (mut pieces, body) = Channel::<Bytes, Infallible>::new(1);
        tokio::spawn(async move {
            while let Some(piece) = receiver.lock().await.recv().await {
                let frame = Frame::data(Bytes::from_static(piece.as_bytes()));
                pieces.send(frame).await.unwrap();
            }
        });
        Body::new(body).into_response()
    };
    let cache = Cache::in_memory().unwrap();
    let app = Router::new()
        .route("/", get(streaming))
        .layer(CacheLayer::new().cache(cache));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: a\r\nif-none-match: *\r\n\r\n";
    stream.write_all(request).await.unwrap();
    // The head comes before there is any body, each piece before the next one is there.
    let head = read_until(&mut stream, "\r\n\r\n").await.to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("cache-status: cached;fwd=miss;stored\r\n"),
        "{head}"
    );
    assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
    assert!(!head.contains("etag:"), "{head}");
    for piece in ["first", "second"] {
        sender.send(piece).await.unwrap();
        let chunk = read_until(&mut stream, &format!("{piece}\r\n")).await;
        assert_eq!(chunk, format!("{}\r\n{piece}\r\n", piece.len()));
    }
    drop(sender);
    assert_eq!(read_until(&mut stream, "0\r\n\r\n").await, "0\r\n\r\n");
    server.abort();
}
