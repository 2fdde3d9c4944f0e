//! Responses over a real connection: bodies that stream, and what a server makes of it all.

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

use super::fixture::{length, routes};

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

/// Serves until the test ends.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address.to_string()
}

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
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
    let mut stream = connect(&serve(app).await).await;
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
}

/// A `304` has no `Content-Length`: that would be the length of what the client has.
#[tokio::test]
async fn not_modified_has_no_length() {
    let layer = CacheLayer::new().cache(Cache::in_memory().unwrap());
    let mut stream = connect(&serve(routes().layer(layer)).await).await;
    for method in ["GET", "HEAD", "GET"] {
        let request = format!("{method} /words/1 HTTP/1.1\r\nhost: a\r\nif-none-match: *\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = read_until(&mut stream, "\r\n\r\n").await.to_lowercase();
        assert!(head.starts_with("http/1.1 304 not modified\r\n"), "{head}");
        assert!(head.contains("\r\netag: w/"), "{head}");
        assert!(head.contains("\r\ndate: "), "{head}");
        assert!(!head.contains("content-length"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
    }
}

#[tokio::test]
async fn server_goes_on_after_a_header_of_a_megabyte() {
    let layer = CacheLayer::new()
        .cache(Cache::in_memory().unwrap())
        .allow_refresh(true);
    let address = serve(routes().layer(layer)).await;
    for name in ["if-none-match", "cache-control"] {
        let mut stream = connect(&address).await;
        let long = "x".repeat(1 << 20);
        let request = format!("GET /words/1 HTTP/1.1\r\nhost: a\r\n{name}: {long}\r\n\r\n");
        // The server may hang up before it has it all.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
            "{answer}"
        );

        let mut stream = connect(&address).await;
        let request = b"GET /words/1 HTTP/1.1\r\nhost: a\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let head = read_until(&mut stream, "\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
}
