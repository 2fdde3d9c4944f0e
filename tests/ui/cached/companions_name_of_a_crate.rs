use cached_core::cached;

mod entities {
    pub mod users {
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        pub struct Model;
    }
}

mod all {
    use super::cached;
    use super::entities::*;

    #[cached]
    pub async fn users(_id: u64) -> Vec<users::Model> {
        Vec::new()
    }
}

#[cached]
async fn tokio(id: u64) -> u64 {
    id
}

async fn pause() {
    tokio::task::yield_now().await;
}

fn main() {
    let _ = tokio(1);
    let _ = all::users(1);
    let _ = pause();
}
