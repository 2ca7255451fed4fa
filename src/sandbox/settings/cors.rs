//! CORS rules. They are checked, kept and given back; no preflight request is answered here.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::{invalid_request, malformed_xml, refuse},
    state::{Bucket, BucketSettings, Setting},
};

/// AWS's limit on the rules of one bucket.
const MOST: usize = 100;
const LONGEST_ID: usize = 255;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetBucketCorsOutput> {
    let rules = bucket.seen(Setting::Cors).cors.clone();
    if rules.is_empty() {
        return Err(refuse(
            404,
            "NoSuchCORSConfiguration",
            "The CORS configuration does not exist",
        ));
    }
    Ok(dto::GetBucketCorsOutput {
        cors_rules: Some(rules),
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketCorsInput,
) -> S3Result<dto::PutBucketCorsOutput> {
    let rules = input.cors_configuration.cors_rules;
    if rules.is_empty() || rules.len() > MOST {
        return Err(malformed_xml());
    }
    rules.iter().try_for_each(check)?;
    new.cors = rules;
    Ok(dto::PutBucketCorsOutput {})
}

fn check(rule: &dto::CORSRule) -> S3Result<()> {
    let too_long = |id: &String| id.chars().count() > LONGEST_ID;
    if rule.allowed_methods.is_empty()
        || rule.allowed_origins.is_empty()
        || rule.id.as_ref().is_some_and(too_long)
    {
        return Err(malformed_xml());
    }
    if let Some(method) = rule
        .allowed_methods
        .iter()
        .find(|it| !METHODS.contains(&it.as_str()))
    {
        return Err(invalid_request(format!(
            "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
        )));
    }
    for (name, list) in [
        ("AllowedOrigin", Some(&rule.allowed_origins)),
        ("AllowedHeader", rule.allowed_headers.as_ref()),
    ] {
        let two = |text: &&String| text.matches('*').count() > 1;
        if let Some(text) = list.into_iter().flatten().find(two) {
            return Err(invalid_request(format!(
                "{name} \"{text}\" can not have more than one wildcard."
            )));
        }
    }
    let exposed = rule.expose_headers.iter().flatten();
    if let Some(text) = exposed.into_iter().find(|text| text.contains('*')) {
        return Err(invalid_request(format!(
            "ExposeHeader \"{text}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        )));
    }
    Ok(())
}
