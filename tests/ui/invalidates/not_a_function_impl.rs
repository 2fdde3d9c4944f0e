use cached_core::invalidates;

struct Users;

#[invalidates("user:{id}")]
impl Users {
    async fn rename(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Users::rename;
}
