//! What our rules need and CEL does not have.

// The crate calls functions with values of their own.
#![allow(clippy::needless_pass_by_value)]

use std::sync::Arc;

use super::{policies, statements};
use cel::{
    Context, DeclarationError, ExecutionError, Value,
    extractors::Arguments,
    objects::{Key, Map},
};

/// Names of the functions that [`add`] adds.
pub const OURS: [&str; 23] = [
    "merge",
    "arn",
    "known",
    "key_for",
    "for_region",
    "covers",
    "free_sid",
    "with_condition",
    "without_principals",
    "without_actions",
    "only_principals",
    "with_actions",
    "fitting",
    "outsiders",
    "strangers",
    "without_strangers",
    "without_orphans",
    "delivery",
    "only_sources",
    "acts",
    "cut",
    "add_statement",
    "flatten",
];

pub fn add(context: &mut Context) -> Result<(), DeclarationError> {
    context.add_function("merge", merge)?;
    context.add_function("arn", arn)?;
    context.add_function("known", known)?;
    context.add_function("key_for", key_for)?;
    context.add_function("for_region", for_region)?;
    policies::add(context)?;
    statements::add(context)
}

pub(super) type Outcome = Result<Value, ExecutionError>;

pub(super) fn wrong(function: &str, message: impl ToString) -> ExecutionError {
    ExecutionError::function_error(function, message)
}

/// The name under which a function says that something is missing which the organisation may give:
/// no fault of the expression, and told to whoever runs the room.
pub const MISSING: &str = "missing";

fn missing(message: impl ToString) -> ExecutionError {
    ExecutionError::function_error(MISSING, message)
}

fn map<'a>(function: &str, value: &'a Value) -> Result<&'a Map, ExecutionError> {
    match value {
        Value::Map(map) => Ok(map),
        _ => Err(wrong(function, "a map is wanted")),
    }
}

fn text(function: &str, value: &Value, key: &str) -> Result<String, ExecutionError> {
    match map(function, value)?.map.get(&Key::from(key)) {
        Some(Value::String(text)) => Ok(text.to_string()),
        _ => Err(wrong(
            function,
            format!("a map with a text `{key}` is wanted"),
        )),
    }
}

/// `merge(map, map)`: both, the second over the first.
fn merge(base: Value, over: Value) -> Outcome {
    let mut merged = map("merge", &base)?.map.as_ref().clone();
    let over = map("merge", &over)?;
    merged.extend(
        over.map
            .iter()
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    Ok(Value::Map(Map {
        map: Arc::new(merged),
    }))
}

/// `arn(bucket)`: in the partition of the bucket's region.
pub(super) fn arn(bucket: Value) -> Outcome {
    let region = text("arn", &bucket, "region")?;
    let name = text("arn", &bucket, "name")?;
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        Some("eusc") => "aws-eusc",
        _ => "aws",
    };
    Ok(format!("arn:{partition}:s3:::{name}").into())
}

/// `known(map, key)` or `known(map, key, hint)`: the value, or an error that names what is not known
/// and, by the hint, how it comes to be known. For targets that must not be filled with a guess.
fn known(Arguments(given): Arguments) -> Outcome {
    let (values, key, hint) = match given.as_slice() {
        [values, Value::String(key)] => (values, key, "set it by hand"),
        [values, Value::String(key), Value::String(hint)] => (values, key, hint.as_str()),
        _ => return Err(wrong("known", "a map and one or two texts are wanted")),
    };
    let found = map("known", values)?.map.get(&Key::from(key.as_str()));
    found
        .filter(|value| !matches!(value, Value::String(text) if text.is_empty()))
        .cloned()
        .ok_or_else(|| {
            missing(format!(
                "no value is known for `{key}`, and none is guessed: {hint}"
            ))
        })
}

/// `key_for(kms_key, bucket)`: the KMS key for the bucket's region. The parameter is one key, or a
/// map from region to key. S3 does not check keys, and with one of another region every upload
/// fails, so such an ARN is refused here.
fn key_for(keys: Value, bucket: Value) -> Outcome {
    let region = text("key_for", &bucket, "region")?;
    let key = match &keys {
        Value::String(key) => key.to_string(),
        keys => text("key_for", keys, &region).map_err(|_| {
            let message = format!(
                "the table of KMS keys has none for {region}, where the bucket is: add one"
            );
            missing(message)
        })?,
    };
    let arn: Vec<&str> = key.split(':').collect();
    match arn.as_slice() {
        [] | [""] => Err(missing("the KMS key that the parameters give is empty")),
        ["arn", _, "kms", there, ..] if *there != region => Err(missing(format!(
            "the KMS key that the parameters give is in {there}, and the bucket in {region}, where it \
                 can't be used: give a table with a key for each region"
        ))),
        _ => Ok(key.into()),
    }
}

/// `for_region(params.log_bucket, bucket, "log_bucket")`: what a parameter says for the bucket's region.
/// It is one text for all of them, or a map from region to text.
fn for_region(values: Value, bucket: Value, name: Value) -> Outcome {
    let (Value::String(name), region) = (&name, text("for_region", &bucket, "region")?) else {
        return Err(wrong("for_region", "the parameter's name is wanted"));
    };
    match &values {
        Value::String(value) if !value.is_empty() => Ok(values),
        Value::String(_) => Err(missing(format!("the parameter `{name}` is empty"))),
        table => text("for_region", table, &region)
            .map(Into::into)
            .map_err(|_| {
                missing(format!(
                    "the parameter `{name}` says nothing for {region}, where the bucket is: add it to \
                     the parameter's table"
                ))
            }),
    }
}
