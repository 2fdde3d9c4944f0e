use cached_core::invalidates;

struct Repo;

#[invalidates("user:{id}:*")]
impl Repo {
    async fn rename(&self, id: u64) {
        let _ = id;
    }
}

fn main() {
    let _ = Repo.rename(1);
}
