//! Static website hosting. The configuration is checked, kept and given back; there is no website
//! endpoint in here.

use s3s::{S3Error, S3Result, dto};

use crate::sandbox::{
    errors::{invalid_argument, invalid_request, malformed_xml, refuse},
    state::{Bucket, BucketSettings, Setting},
};

/// AWS's limit on the routing rules of one bucket.
const MOST: usize = 50;

pub(in crate::sandbox) fn get(bucket: &Bucket) -> S3Result<dto::GetBucketWebsiteOutput> {
    let website = bucket.seen(Setting::Website).website.clone();
    let website = website.ok_or_else(|| {
        refuse(
            404,
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
        )
    })?;
    Ok(dto::GetBucketWebsiteOutput {
        error_document: website.error_document,
        index_document: website.index_document,
        redirect_all_requests_to: website.redirect_all_requests_to,
        routing_rules: website.routing_rules,
    })
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    input: dto::PutBucketWebsiteInput,
) -> S3Result<dto::PutBucketWebsiteOutput> {
    let website = input.website_configuration;
    let rules = website.routing_rules.as_deref().unwrap_or_default();
    if let Some(all) = &website.redirect_all_requests_to {
        if website.index_document.is_some() || website.error_document.is_some() || !rules.is_empty()
        {
            return Err(invalid_argument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
            ));
        }
        if all.host_name.is_empty() {
            return Err(malformed_xml());
        }
        protocol(all.protocol.as_ref())?;
    } else {
        let Some(index) = &website.index_document else {
            return Err(invalid_argument(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            ));
        };
        if index.suffix.is_empty() || index.suffix.contains('/') {
            return Err(invalid_argument(
                "The IndexDocument Suffix is not well formed",
            ));
        }
    }
    if website
        .error_document
        .as_ref()
        .is_some_and(|it| it.key.is_empty())
    {
        return Err(malformed_xml());
    }
    if rules.len() > MOST {
        return Err(invalid_request(format!(
            "{} routing rules provided, the number of routing rules in a website configuration is limited to {MOST}.",
            rules.len()
        )));
    }
    rules.iter().try_for_each(check)?;
    new.website = Some(website);
    Ok(dto::PutBucketWebsiteOutput {})
}

fn check(rule: &dto::RoutingRule) -> S3Result<()> {
    if let Some(condition) = &rule.condition {
        let code = condition.http_error_code_returned_equals.as_deref();
        if code.is_none() && condition.key_prefix_equals.is_none() {
            return Err(invalid_request(
                "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
            ));
        }
        if let Some(code) = code.filter(|code| !within(code, 400..600)) {
            return Err(invalid_code("error", code, "Valid codes are 4XX or 5XX."));
        }
    }
    let redirect = &rule.redirect;
    if redirect.replace_key_prefix_with.is_some() && redirect.replace_key_with.is_some() {
        return Err(invalid_request(
            "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
        ));
    }
    let code = redirect.http_redirect_code.as_deref();
    if let Some(code) = code.filter(|code| !within(code, 301..400)) {
        return Err(invalid_code(
            "redirect",
            code,
            "Valid codes are 3XX except 300.",
        ));
    }
    protocol(redirect.protocol.as_ref())
}

fn within(code: &str, range: std::ops::Range<u16>) -> bool {
    code.parse().is_ok_and(|code: u16| range.contains(&code))
}

fn invalid_code(kind: &str, code: &str, valid: &str) -> S3Error {
    invalid_request(format!(
        "The provided HTTP {kind} code ({code}) is not valid. {valid}"
    ))
}

fn protocol(protocol: Option<&dto::Protocol>) -> S3Result<()> {
    match protocol.map(dto::Protocol::as_str) {
        None | Some(dto::Protocol::HTTP | dto::Protocol::HTTPS) => Ok(()),
        Some(_) => Err(invalid_request(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
        )),
    }
}
