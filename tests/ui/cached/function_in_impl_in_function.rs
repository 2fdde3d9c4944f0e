use cached_core::cached;

async fn outer() -> u64 {
    struct Users;

    impl Users {
        #[cached]
        async fn load(id: u64) -> u64 {
            // Has a place.
            #[cached]
            async fn inner(id: u64) -> u64 {
                id
            }
            inner(id).await
        }
    }
    Users::load(1).await
}

fn main() {
    let _ = outer;
}
