//! Configurations that a bucket has by id: inventory, metrics and Intelligent-Tiering. What they have in
//! common is here: ids, the limit, pages, and answers about ids that are not there.

use std::collections::BTreeMap;

use s3s::{S3Error, S3Result};

use crate::sandbox::{
    buckets::{after_token, token},
    errors::{invalid_argument, refuse},
};

/// The most that one bucket can have of each.
const MOST: usize = 1_000;
/// What one page of a listing holds.
const PAGE: usize = 100;
const LONGEST_ID: usize = 64;

pub(in crate::sandbox) type ById<C> = BTreeMap<String, C>;

/// A page of a listing, and where the next one begins.
pub(in crate::sandbox) struct Page<C> {
    pub list: Option<Vec<C>>,
    pub next: Option<String>,
}

fn no_such_configuration() -> S3Error {
    refuse(
        404,
        "NoSuchConfiguration",
        "The specified configuration does not exist.",
    )
}

pub(in crate::sandbox) fn get<C: Clone>(all: &ById<C>, id: &str) -> S3Result<C> {
    all.get(id).cloned().ok_or_else(no_such_configuration)
}

pub(in crate::sandbox) fn page<C: Clone>(
    all: &ById<C>,
    after: Option<&String>,
) -> S3Result<Page<C>> {
    let after = after.map(|after| after_token(after)).transpose()?;
    let mut rest = all
        .iter()
        .filter(|(id, _)| after.as_ref().is_none_or(|after| *id > after));
    let page: Vec<(&String, &C)> = rest.by_ref().take(PAGE).collect();
    let end = page.last().map(|(id, _)| token(id));
    let list: Vec<C> = page.into_iter().map(|(_, one)| one.clone()).collect();
    Ok(Page {
        // S3 leaves out what is empty.
        list: (!list.is_empty()).then_some(list),
        next: end.filter(|_| rest.next().is_some()),
    })
}

/// Puts one, in the place of the one with its id. The address and the document must name the same id.
pub(in crate::sandbox) fn put<C>(
    all: &mut ById<C>,
    asked: &str,
    id: String,
    one: C,
) -> S3Result<()> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(letters) {
        return Err(invalid_argument(
            "The configuration id has up to 64 letters, digits, dashes, underscores and periods",
        ));
    }
    if id != asked {
        return Err(invalid_argument(
            "The configuration id in the request does not match the one in the document",
        ));
    }
    if !all.contains_key(&id) && all.len() >= MOST {
        return Err(refuse(
            400,
            "TooManyConfigurations",
            "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
        ));
    }
    all.insert(id, one);
    Ok(())
}

pub(in crate::sandbox) fn delete<C>(all: &mut ById<C>, id: &str) -> S3Result<()> {
    all.remove(id).map(|_| ()).ok_or_else(no_such_configuration)
}
