use cached_core::cached;

#[cached(tll = 5)]
async fn profile<T: serde::Serialize, const N: usize>(id: T, names: &[&str]) -> [u8; N]
where
    T: Clone,
{
    let _ = (id, names);
    [0; N]
}

async fn call() {
    let _: [u8; 3] = profile::peek(1, &["Ada"]).await.unwrap();
    profile::invalidate::<_, 3>("1", &[]).await.unwrap();
    profile::refresh::<u64, 4>(1, &[]).await;
}

fn main() {
    let _ = call;
}
