use cached_core::cached;

#[cached(ttl = "soon")]
async fn profile(id: u64, #[cfg(any())] trace: Trace) -> u64 {
    id
}

#[cfg(any())]
#[cached(ttl = "never")]
async fn quiet(id: u64) -> u64 {
    id
}

async fn call() {
    let _ = profile::peek(1).await;
}

fn main() {
    let _ = call;
}
