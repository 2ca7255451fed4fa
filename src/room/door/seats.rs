//! How many may be in at one time: in all, and of one kind, so that nobody takes everybody's place.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Places, counted by who holds them.
#[derive(Debug)]
pub struct Seats<K: Eq + Hash>(Mutex<Taken<K>>);

#[derive(Debug)]
struct Taken<K> {
    most: usize,
    most_each: usize,
    by: HashMap<K, usize>,
}

/// A place, until this is dropped.
#[derive(Debug)]
pub struct Seat<K: Eq + Hash> {
    seats: Arc<Seats<K>>,
    key: K,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// For anybody; so many are taken.
    All(usize),
    /// For this one.
    Own(usize),
}

impl<K: Eq + Hash + Clone> Seats<K> {
    pub fn new(most: usize, most_each: usize) -> Arc<Self> {
        let taken = Taken {
            most,
            most_each,
            by: HashMap::new(),
        };
        Arc::new(Self(Mutex::new(taken)))
    }

    /// Other limits from now on; who has a place keeps it.
    pub fn limit(&self, most: usize, most_each: usize) {
        let mut taken = lock(&self.0);
        taken.most = most;
        taken.most_each = most_each;
    }

    pub fn take(self: &Arc<Self>, key: K) -> Result<Seat<K>, Full> {
        let mut taken = lock(&self.0);
        let (most, most_each) = (taken.most, taken.most_each);
        if taken.by.values().sum::<usize>() >= most {
            return Err(Full::All(most));
        }
        let own = taken.by.entry(key.clone()).or_default();
        if *own >= most_each {
            return Err(Full::Own(most_each));
        }
        *own += 1;
        drop(taken);
        Ok(Seat {
            seats: Arc::clone(self),
            key,
        })
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.seats.0);
        if let Some(own) = taken.by.get_mut(&self.key) {
            *own -= 1;
            if *own == 0 {
                taken.by.remove(&self.key);
            }
        }
    }
}

fn lock<K>(taken: &Mutex<Taken<K>>) -> MutexGuard<'_, Taken<K>> {
    // Counting does not panic, so what is behind this lock is right at every moment.
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn one_person_can_not_take_everybodys_place_and_a_place_left_is_free_again() {
        let seats = Seats::new(3, 2);
        let first = seats.take("nina").unwrap();
        let _second = seats.take("nina").unwrap();
        assert_eq!(seats.take("nina").unwrap_err(), Full::Own(2));
        let _third = seats.take("otto").unwrap();
        assert_eq!(seats.take("lena").unwrap_err(), Full::All(3));
        drop(first);
        seats.take("nina").unwrap();
        assert_eq!(seats.0.lock().unwrap().by.len(), 2, "nobody is remembered");
        seats.limit(2, 2);
        assert_eq!(seats.take("lena").unwrap_err(), Full::All(2));
    }
}
