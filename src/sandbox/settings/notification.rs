//! Event notifications. A put replaces all of them. There are no topics, queues or functions in here,
//! so whether a destination exists is never asked, as if every put skipped that validation; its ARN
//! must have the right shape and region.

use s3s::{S3Result, dto};

use crate::sandbox::{
    errors::{invalid_argument, malformed_xml},
    faults::mix,
    state::{Bucket, BucketSettings, Setting},
};

pub(in crate::sandbox) fn get(bucket: &Bucket) -> dto::GetBucketNotificationConfigurationOutput {
    let kept = bucket.seen(Setting::Notification).notification.clone();
    dto::GetBucketNotificationConfigurationOutput {
        event_bridge_configuration: kept.event_bridge_configuration,
        lambda_function_configurations: kept.lambda_function_configurations,
        queue_configurations: kept.queue_configurations,
        topic_configurations: kept.topic_configurations,
    }
}

pub(in crate::sandbox) fn put(
    new: &mut BucketSettings,
    bucket: &Bucket,
    input: dto::PutBucketNotificationConfigurationInput,
) -> S3Result<dto::PutBucketNotificationConfigurationOutput> {
    let mut sent = input.notification_configuration;
    let mut rules: Vec<Rule> = Vec::new();
    for topic in sent.topic_configurations.iter_mut().flatten() {
        destination(&topic.topic_arn, "sns", bucket)?;
        rules.push(Rule::read(&topic.events, topic.filter.as_mut())?);
        name(&mut topic.id, rules.len());
    }
    for queue in sent.queue_configurations.iter_mut().flatten() {
        destination(&queue.queue_arn, "sqs", bucket)?;
        rules.push(Rule::read(&queue.events, queue.filter.as_mut())?);
        name(&mut queue.id, rules.len());
    }
    for function in sent.lambda_function_configurations.iter_mut().flatten() {
        destination(&function.lambda_function_arn, "lambda", bucket)?;
        rules.push(Rule::read(&function.events, function.filter.as_mut())?);
        name(&mut function.id, rules.len());
    }
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at].iter().any(|other| other.overlaps(rule)) {
            return Err(invalid_argument(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
            ));
        }
    }
    new.notification = sent;
    Ok(dto::PutBucketNotificationConfigurationOutput {})
}

/// S3 names a configuration that came without a name.
fn name(id: &mut Option<String>, at: usize) {
    let at = at as u64;
    id.get_or_insert_with(|| format!("{:016x}{:016x}", mix(at), mix(!at)));
}

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:…`
fn destination(arn: &str, service: &str, bucket: &Bucket) -> S3Result<()> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let ["arn", partition, of, region, owner, rest] = parts.as_slice() else {
        return Err(invalid_argument("The ARN is not well formed"));
    };
    if !partition.starts_with("aws") || *of != service || !account(owner) || rest.is_empty() {
        return Err(invalid_argument("The ARN is not well formed"));
    }
    if *region != bucket.region {
        return Err(invalid_argument(
            "The notification destination service region is not valid for the bucket location constraint",
        ));
    }
    Ok(())
}

/// Which events of which keys one configuration is about.
struct Rule {
    events: Vec<String>,
    prefix: String,
    suffix: String,
}

impl Rule {
    fn read(
        events: &[dto::Event],
        filter: Option<&mut dto::NotificationConfigurationFilter>,
    ) -> S3Result<Self> {
        if events.is_empty() {
            return Err(malformed_xml());
        }
        let mut rule = Self {
            events: Vec::new(),
            prefix: String::new(),
            suffix: String::new(),
        };
        for event in events {
            let event: &str = event.as_ref();
            if !FAMILIES.iter().any(|family| event.starts_with(family)) {
                return Err(invalid_argument(
                    "The event is not supported for notifications",
                ));
            }
            rule.events.push(event.to_owned());
        }
        let filters = filter.and_then(|it| it.key.as_mut()?.filter_rules.as_mut());
        let mut seen: Vec<&str> = Vec::new();
        for each in filters.into_iter().flatten() {
            let (Some(name), Some(value)) = (&mut each.name, &each.value) else {
                return Err(malformed_xml());
            };
            // Either spelling is taken, and given back with a capital.
            let (kept, into) = match name.as_str().to_ascii_lowercase().as_str() {
                "prefix" => ("Prefix", &mut rule.prefix),
                "suffix" => ("Suffix", &mut rule.suffix),
                _ => {
                    return Err(invalid_argument(
                        "filter rule name must be either prefix or suffix",
                    ));
                }
            };
            if seen.contains(&kept) {
                return Err(invalid_argument(format!(
                    "Cannot specify more than one {} rule in a filter.",
                    kept.to_ascii_lowercase()
                )));
            }
            seen.push(kept);
            value.clone_into(into);
            *name = dto::FilterRuleName::from_static(kept);
        }
        Ok(rule)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let either = |one: &str, other: &str, test: fn(&str, &str) -> bool| {
            test(one, other) || test(other, one)
        };
        // `s3:ObjectCreated:*` covers `s3:ObjectCreated:Put`.
        let covers = |one: &str, other: &str| match one.strip_suffix('*') {
            Some(family) => other.starts_with(family),
            None => one == other,
        };
        let events = self.events.iter();
        let mut pairs = events.flat_map(|one| other.events.iter().map(move |two| (one, two)));
        pairs.any(|(one, two)| either(one, two, covers))
            && either(&self.prefix, &other.prefix, |one, two| two.starts_with(one))
            && either(&self.suffix, &other.suffix, |one, two| two.ends_with(one))
    }
}

/// How the names of events begin that notifications know.
const FAMILIES: [&str; 10] = [
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectCreated:",
    "s3:ObjectRemoved:",
    "s3:ObjectRestore:",
    "s3:Replication:",
    "s3:LifecycleTransition",
    "s3:LifecycleExpiration:",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:ObjectTagging:",
];
