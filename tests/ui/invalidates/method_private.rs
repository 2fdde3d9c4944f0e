use cached_core::invalidates;

mod users {
    use cached_core::cached;

    pub struct Users;

    impl Users {
        #[cached(skip(self))]
        async fn find(&self, id: u64) -> u64 {
            id
        }
    }
}

#[invalidates(users::Users::find(users, id))]
async fn rename(id: u64, users: &users::Users) -> u64 {
    let _ = users;
    id
}

fn main() {
    let _ = rename;
}
