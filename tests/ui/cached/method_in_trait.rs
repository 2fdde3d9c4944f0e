use async_trait::async_trait;
use cached_core::cached;

trait Users {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[async_trait]
trait Teams: Sync {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

struct Repo;

impl Users for Repo {}

impl Teams for Repo {}

fn main() {
    let _: Box<dyn Teams> = Box::new(Repo);
    let _ = Users::find(&Repo, 1);
}
