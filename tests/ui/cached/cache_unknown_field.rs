use cached_core::{Cache, cached};

struct Users {
    cache: Cache,
}

impl Users {
    #[cached(cache = self.caches, skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Users::find;
}
