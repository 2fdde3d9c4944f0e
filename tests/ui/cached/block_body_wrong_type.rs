use cached_core::cached;

struct Repo;

trait Users {
    async fn find(&self, id: u64) -> u64;
}

#[cached]
impl Users for Repo {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id.to_string()
    }
}

fn main() {
    let _ = Repo.find(1);
}
