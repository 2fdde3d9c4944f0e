use cached_core::{cached, invalidates};

struct Users {
    other: Box<Users>,
}

impl Users {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }

    #[invalidates(self.find(name))]
    async fn rename(&self, id: u64, name: &str) -> u64 {
        id
    }
}

fn main() {
    let _ = Users::rename;
}
