use cached_core::cached;

struct Db<'a>(&'a str);

#[cached(stale_while_revalidate = "30s", skip(db))]
async fn profile(id: Option<&str>, names: &[&str], db: Db<'_>) -> usize {
    id.map_or(names.len(), str::len) + db.0.len()
}

fn main() {
    let _ = profile;
}
