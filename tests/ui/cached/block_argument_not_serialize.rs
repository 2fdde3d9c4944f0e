use cached_core::cached;

struct Pool;

struct Repo;

trait Users {
    async fn find(pool: &Pool, id: u64) -> u64;
}

#[cached]
impl Users for Repo {
    #[cached]
    async fn find(pool: &Pool, id: u64) -> u64 {
        let _ = pool;
        id
    }
}

fn main() {
    let _ = Repo::find(&Pool, 1);
}
