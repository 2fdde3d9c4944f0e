use cached_core::cached;

struct Repo;

trait Table {
    type Row;
}

impl Table for Repo {
    type Row = u64;
}

trait Users: Table {
    async fn find(&self, id: u64) -> Self::Row;
}

#[cached]
impl Users for Repo {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> Self::Row {
        id
    }
}

fn main() {
    let _ = Repo.find(1);
}
