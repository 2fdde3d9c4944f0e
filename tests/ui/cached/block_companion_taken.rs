use cached_core::cached;

struct Repo;

trait Users {
    async fn find(&self, id: u64) -> u64;
    fn find_key(&self, id: u64) -> String;
}

#[cached]
impl Users for Repo {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }

    fn find_key(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Repo.find_key(1).len();
}
