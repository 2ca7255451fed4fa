//! The access points that there are: by account and region, those over several regions by account.

use std::collections::BTreeMap;

use super::{access_points::AccessPoint, multi_region::MultiRegionAccessPoint};

#[derive(Debug, Default)]
pub(in crate::sandbox) struct Points {
    /// By account, region and name.
    single: BTreeMap<[String; 3], AccessPoint>,
    /// By account and name.
    multi: BTreeMap<[String; 2], MultiRegionAccessPoint>,
}

fn key<const N: usize>(parts: [&str; N]) -> [String; N] {
    parts.map(str::to_owned)
}

impl Points {
    /// Those of one account in one region, by name.
    pub(super) fn of<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a AccessPoint)> {
        let all = self.single.iter();
        all.filter(move |([of, at, _], _)| of == account && at == region)
            .map(|([_, _, name], point)| (name.as_str(), point))
    }

    pub(super) fn get(&self, account: &str, region: &str, name: &str) -> Option<&AccessPoint> {
        self.single.get(&key([account, region, name]))
    }

    pub(super) fn insert(&mut self, account: &str, region: &str, name: &str, point: AccessPoint) {
        self.single.insert(key([account, region, name]), point);
    }

    /// False where there was none.
    pub(super) fn remove(&mut self, account: &str, region: &str, name: &str) -> bool {
        self.single.remove(&key([account, region, name])).is_some()
    }

    pub(in crate::sandbox) fn remove_all_of(&mut self, bucket: &str) {
        self.single.retain(|_, point| point.bucket != bucket);
    }

    pub(in crate::sandbox) fn any_of(&self, bucket: &str) -> bool {
        self.single.values().any(|point| point.bucket == bucket)
    }

    pub(super) fn multi_region<'a>(
        &'a self,
        account: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a MultiRegionAccessPoint)> {
        let all = self.multi.iter().filter(move |([of, _], _)| of == account);
        all.map(|([_, name], point)| (name.as_str(), point))
    }

    /// False where there is one of this name already.
    pub(super) fn insert_multi_region(
        &mut self,
        account: &str,
        name: &str,
        point: MultiRegionAccessPoint,
    ) -> bool {
        let key = key([account, name]);
        let new = !self.multi.contains_key(&key);
        self.multi.entry(key).or_insert(point);
        new
    }
}
