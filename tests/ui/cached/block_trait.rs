use cached_core::cached;

#[cached]
pub trait Users {
    async fn find(&self, id: u64) -> u64;
}

struct Repo;

impl Users for Repo {
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo.find(1);
}
