use cached_core::{cached, invalidates};

struct Users;

impl Users {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }

    #[invalidates(self.find(id, id))]
    async fn rename(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Users::rename;
}
