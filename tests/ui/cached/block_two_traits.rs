use cached_core::cached;

struct Repo;

trait Users {
    async fn find(&self, id: u64) -> u64;
}

trait Teams {
    async fn find(&self, id: u64) -> u64;
}

#[cached]
impl Users for Repo {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cached]
impl Teams for Repo {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Users::find(&Repo, 1);
}
