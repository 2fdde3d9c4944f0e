use cached_core::cached;

struct User;

struct Repo;

trait Users {
    type Found;
    async fn find(&self, id: u64) -> Self::Found;
    async fn made(id: u64) -> Option<User>;
}

#[cached]
impl Users for Repo {
    type Found = User;

    #[cached(skip(self))]
    async fn find(&self, id: u64) -> Self::Found {
        let _ = id;
        User
    }

    #[cached]
    async fn made(id: u64) -> Option<User> {
        let _ = id;
        None
    }
}

fn main() {
    let _ = Repo.find(1);
}
