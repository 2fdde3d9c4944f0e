//! The tutor.

use tests::RedisServer;

use crate::harness::Service;

#[tokio::test]
async fn it_starts_and_stops() {
    let redis = RedisServer::start();
    let service = Service::of(env!("CARGO_BIN_EXE_tutor"))
        .redis(&redis)
        .start()
        .await;
    assert_eq!(service.get("/words").await.ok(), 4000);
    let printed = service.stop().await;
    assert!(printed.contains("stopped"), "{printed}");
}
