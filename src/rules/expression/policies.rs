//! What a bucket policy means, asked of the setting that knows it: whom a statement lets in, what is
//! left of it without some, what a service may do.

// The crate calls functions with values of their own.
#![allow(clippy::needless_pass_by_value)]

use cel::{Context, DeclarationError, ExecutionError, Value};
use serde_json::Value as Json;

use super::{
    functions::{Outcome, arn, wrong},
    statements::{field, json, text, texts},
    value::from_json,
};
use crate::settings::{Delivery, Trusted, action_fits, living, only_sources as of_sources};

pub fn add(context: &mut Context) -> Result<(), DeclarationError> {
    context.add_function("fitting", fitting)?;
    context.add_function("strangers", strangers)?;
    context.add_function("without_strangers", without_strangers)?;
    context.add_function("without_orphans", without_orphans)?;
    context.add_function("only_sources", only_sources)?;
    context.add_function("delivery", delivery)
}

/// `fitting(s, actions)`: those of the actions that can be about one of a statement's resources. S3
/// takes no statement with one that can't.
fn fitting(view: Value, actions: Value) -> Outcome {
    const NAME: &str = "fitting";
    let resources = texts(NAME, field(NAME, &view, "resources")?)?;
    let mut fit = texts(NAME, &actions)?;
    fit.retain(|action| action_fits(action, &resources));
    Ok(fit.into())
}

fn trusted(
    function: &str,
    accounts: &Value,
    organizations: &Value,
) -> Result<Trusted, ExecutionError> {
    Ok(Trusted {
        accounts: texts(function, accounts)?,
        organizations: texts(function, organizations)?,
    })
}

/// `strangers(statement, accounts, organizations)`: whom a statement lets in that is of none of them,
/// by name or by conditions that tie everyone. No organisation stands for all of them.
fn strangers(of: Value, accounts: Value, organizations: Value) -> Outcome {
    const NAME: &str = "strangers";
    let trusted = trusted(NAME, &accounts, &organizations)?;
    Ok(trusted.strangers_of(&json(NAME, &of)?).into())
}

/// `without_strangers(statement, accounts, organizations)`: a list of the statement without them, or
/// of none where it was for them alone.
fn without_strangers(of: Value, accounts: Value, organizations: Value) -> Outcome {
    const NAME: &str = "without_strangers";
    let trusted = trusted(NAME, &accounts, &organizations)?;
    let left = trusted.without_strangers(&json(NAME, &of)?);
    Ok(left.iter().map(from_json).collect::<Vec<Value>>().into())
}

/// `without_orphans(statement)`: a list of the statement without principals that were deleted, or of
/// none where it was for them alone.
fn without_orphans(of: Value) -> Outcome {
    let left = living(&json("without_orphans", &of)?);
    Ok(left.iter().map(from_json).collect::<Vec<Value>>().into())
}

/// `only_sources(statement, accounts)`: a list of the statement with those of the accounts alone that
/// its conditions tie services to, or of none where none of them is left.
fn only_sources(of: Value, accounts: Value) -> Outcome {
    const NAME: &str = "only_sources";
    let left = of_sources(&json(NAME, &of)?, &texts(NAME, &accounts)?);
    Ok(left.iter().map(from_json).collect::<Vec<Value>>().into())
}

/// `delivery(statements, service, objects, bucket)`: what a policy's statements say to a service that
/// writes those objects (a pattern of ARNs) for the bucket: `allowed`, `missing` where none allows it,
/// `denied`, or `perhaps`.
fn delivery(statements: Value, service: Value, objects: Value, bucket: Value) -> Outcome {
    const NAME: &str = "delivery";
    let Json::Array(statements) = json(NAME, &statements)? else {
        return Err(wrong(NAME, "a list of statements is wanted"));
    };
    let source = text(NAME, &arn(bucket.clone())?)?;
    let account = text(NAME, field(NAME, &bucket, "account")?)?;
    let delivery = Delivery {
        service: &text(NAME, &service)?,
        objects: &text(NAME, &objects)?,
        source: &source,
        account: &account,
    };
    Ok(delivery.permission(&statements).word().into())
}
