use cached_core::cached;

#[cached(ttl = "5m")]
mod users {
    pub async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = users::find;
}
