//! Bucket tags. Tags under `aws:` belong to AWS: a put must carry them unchanged, and a delete cannot take them.

use s3s::{S3Error, S3Result, dto};

use crate::sandbox::{
    errors::refuse,
    state::{Bucket, BucketSettings, Setting},
};

/// AWS's limits for bucket tags.
const MOST: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetBucketTaggingOutput> {
    let tags = &bucket.seen(Setting::Tagging).tags;
    if tags.is_empty() {
        return Err(refuse(404, "NoSuchTagSet", "The TagSet does not exist"));
    }
    let tag_set = tags.iter().map(|(key, value)| dto::Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    });
    Ok(dto::GetBucketTaggingOutput {
        tag_set: tag_set.collect(),
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketTaggingInput,
) -> S3Result<dto::PutBucketTaggingOutput> {
    let sent: Vec<(String, String)> = input
        .tagging
        .tag_set
        .into_iter()
        .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
        .collect();
    if sent.len() > MOST {
        return Err(refuse(
            400,
            "BadRequest",
            format!("Bucket tag count cannot be greater than {MOST}"),
        ));
    }
    for (at, (key, value)) in sent.iter().enumerate() {
        check(key, value)?;
        if sent[..at].iter().any(|(other, _)| other == key) {
            return Err(invalid(
                "Cannot provide multiple Tags with the same key".to_owned(),
            ));
        }
    }
    // A system tag that stays as it is may be sent; one that comes or changes may not.
    for (key, value) in sent.iter().filter(|(key, _)| is_system(key)) {
        if new.tag(key) != Some(value.as_str()) {
            return Err(invalid(
                "System tags cannot be added/updated by requester".to_owned(),
            ));
        }
    }
    let missing =
        |(key, _): &(String, String)| is_system(key) && !sent.iter().any(|(other, _)| other == key);
    if new.tags.iter().any(missing) {
        return Err(system_tags_stay());
    }
    new.tags = sent;
    Ok(dto::PutBucketTaggingOutput {})
}

pub(in crate::sandbox) fn delete(
    new: &mut BucketSettings,
) -> S3Result<dto::DeleteBucketTaggingOutput> {
    if new.tags.iter().any(|(key, _)| is_system(key)) {
        return Err(system_tags_stay());
    }
    new.tags.clear();
    Ok(dto::DeleteBucketTaggingOutput {})
}

fn is_system(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("aws:")
}

fn system_tags_stay() -> S3Error {
    invalid("System tags cannot be removed by requester".to_owned())
}

fn invalid(message: String) -> S3Error {
    refuse(400, "InvalidTag", message)
}

fn check(key: &str, value: &str) -> S3Result<()> {
    // AWS takes letters, digits and white space of any script, and these.
    let fits = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c))
    };
    if key.is_empty() || !fits(key) {
        return Err(invalid(
            "The TagKey you have provided is invalid".to_owned(),
        ));
    }
    if !fits(value) {
        return Err(invalid(
            "The TagValue you have provided is invalid".to_owned(),
        ));
    }
    if key.chars().count() > LONGEST_KEY {
        return Err(invalid(format!(
            "The TagKey provided is too long, max length {LONGEST_KEY}"
        )));
    }
    if value.chars().count() > LONGEST_VALUE {
        return Err(invalid(format!(
            "The TagValue provided is too long, max length {LONGEST_VALUE}"
        )));
    }
    Ok(())
}
