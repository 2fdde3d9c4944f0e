use std::collections::HashMap;
use std::sync::Arc;

use cached_core::cached;

struct Repo;

trait Users {
    async fn find(&self, id: u64) -> u64;
}

#[cached]
impl Users for Arc<Repo> {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for std::boxed::Box<Repo> {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for ::std::vec::Vec<Repo> {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for HashMap<u64, Repo> {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for String {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for Option<Repo> {
    #[cached(companions = off, skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Some(Repo).find(1);
    let _ = Arc::new(Repo).find(1);
}
