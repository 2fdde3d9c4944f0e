//! Nothing but a loop, and breaks out of an outer one.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn counted(until: u32) -> u32 {
    let mut number = Runs::add() - Runs::count();
    'all: loop {
        for _ in 0..3 {
            number += 1;
            if number >= until {
                break 'all number;
            }
        }
    }
}

#[cached]
async fn endless(until: u32) -> u32 {
    loop {
        if Runs::add() > 0 {
            return until;
        }
    }
}

#[invalidates(counted(until))]
async fn change(until: u32) -> u32 {
    let mut number = 0;
    'all: loop {
        loop {
            number += 1;
            if number == until {
                break 'all number;
            } else if number % 3 == 0 {
                continue 'all;
            }
        }
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| counted(7)).await;
    check(|| endless(7)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| counted(7), || counted(8)).await;
    check_miss(|| endless(7), || endless(8)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| counted(7), change(7)).await;
}
