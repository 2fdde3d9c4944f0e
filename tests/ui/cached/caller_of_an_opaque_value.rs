use cached_core::cached;

#[cached]
async fn profile(id: u64) -> impl std::fmt::Display {
    id
}

#[cached]
async fn name(id: u64, #[cached(skip)] names: &[String]) -> &str {
    names.get(id as usize).map_or("", String::as_str)
}

#[cached]
async fn serve(port: u16) -> ! {
    panic!("{port}")
}

async fn call() {
    let _ = profile::peek(1).await.map(|name| name.to_string());
    let _ = name::peek(1).await.map(str::len);
    let _ = name::refresh(1, &[]).await.len();
    let _ = serve::invalidate(80).await;
}

fn main() {
    let _ = call;
}
