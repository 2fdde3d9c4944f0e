use cached_core::cached;

struct Repo;

trait Get<K> {
    async fn get(key: K) -> u64;
}

#[cached]
impl<K: serde::Serialize> Get<K> for Repo {
    #[cached]
    async fn get(key: K) -> u64 {
        drop(key);
        1
    }
}

struct Pages;

trait Page<const N: usize> {
    async fn page(id: u64) -> u64;
}

#[cached]
impl<const N: usize> Page<N> for Pages {
    #[cached]
    async fn page(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = <Repo as Get<u8>>::get(1);
    let _ = <Pages as Page<1>>::page(1);
}
