use cached_core::{cached, invalidates};

struct Repo;

trait Users {
    async fn find(&self, id: u64) -> u64;
    async fn made(id: u64) -> u64;
    async fn renamed(id: u64) -> u64;
    fn plain(id: u64) -> u64;
    async fn right(id: u64) -> u64;
}

#[cached]
impl Users for Repo {
    #[cached(ttl = "5 parsecs", prefix = "user:{name}")]
    async fn find(&self, id: u64) -> u64 {
        id
    }

    #[cached(skip(db))]
    async fn made(#[cached(skip)] id: u64) -> u64 {
        id
    }

    #[cached(tll = 5)]
    #[invalidates("user:{name}:*")]
    async fn renamed(id: u64) -> u64 {
        id
    }

    #[cached]
    fn plain(id: u64) -> u64 {
        id
    }

    #[cached]
    async fn right(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo.find(1);
    let _ = Repo::made(1);
    let _ = Repo::renamed(1);
    let _ = Repo::plain(1);
    let _ = Repo::right_key(1);
}
