//! How many may be in at one time: in all, and of one kind, so that nobody takes everybody's place.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Places, counted by who holds them.
#[derive(Debug)]
pub struct Seats<K: Eq + Hash> {
    most: usize,
    most_each: usize,
    taken: Mutex<HashMap<K, usize>>,
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
        Arc::new(Self {
            most,
            most_each,
            taken: Mutex::default(),
        })
    }

    pub fn take(self: &Arc<Self>, key: K) -> Result<Seat<K>, Full> {
        let mut taken = lock(&self.taken);
        if taken.values().sum::<usize>() >= self.most {
            return Err(Full::All(self.most));
        }
        let own = taken.entry(key.clone()).or_default();
        if *own >= self.most_each {
            return Err(Full::Own(self.most_each));
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
        let mut taken = lock(&self.seats.taken);
        if let Some(own) = taken.get_mut(&self.key) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

fn lock<K>(taken: &Mutex<HashMap<K, usize>>) -> MutexGuard<'_, HashMap<K, usize>> {
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
        assert_eq!(seats.taken.lock().unwrap().len(), 2, "nobody is remembered");
    }
}
