//! Event notifications: which topics, queues and functions hear of what happens in the bucket, and
//! whether EventBridge does. A put replaces all of them and there is no delete call: an empty
//! configuration turns them off.
//!
//! Every put skips S3's validation of destinations. It would send a test message to each topic and
//! queue, and refuse the whole put for one destination that is gone, though a step may leave that
//! one as it was; and an inverse must go through whatever became of them.

mod sdk;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity,
    shape::{self, Empty},
};
use crate::domain::{Command, Document, artifact::Summary};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Notifications {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    topic_configurations: Vec<Configuration>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    queue_configurations: Vec<Configuration>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lambda_function_configurations: Vec<Configuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_bridge_configuration: Option<Empty>,
}

/// One destination and what it hears of. Which of the ARNs is there follows from the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda_function_arn: Option<String>,
    #[serde(default)]
    events: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: KeyFilter,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyFilter {
    #[serde(default)]
    filter_rules: Vec<FilterRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterRule {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Topic,
    Queue,
    Function,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Queue => "queue",
            Self::Function => "function",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Topic => "TopicArn",
            Self::Queue => "QueueArn",
            Self::Function => "LambdaFunctionArn",
        }
    }
}

impl Notifications {
    fn of(document: &Document) -> Self {
        shape::held(document).unwrap_or_default()
    }

    /// In an order of our own: S3 keeps none.
    fn document(mut self) -> Result<Document, String> {
        for (kind, list) in [
            (Kind::Topic, &mut self.topic_configurations),
            (Kind::Queue, &mut self.queue_configurations),
            (Kind::Function, &mut self.lambda_function_configurations),
        ] {
            for configuration in list.iter_mut() {
                configuration.tidy(kind)?;
            }
            list.sort();
        }
        if self == Self::default() {
            return Ok(Document::ABSENT);
        }
        shape::document(&self)
    }

    fn all(&self) -> impl Iterator<Item = (Kind, &Configuration)> {
        let topics = self.topic_configurations.iter().map(|it| (Kind::Topic, it));
        let queues = self.queue_configurations.iter().map(|it| (Kind::Queue, it));
        let functions = self.lambda_function_configurations.iter();
        topics
            .chain(queues)
            .chain(functions.map(|it| (Kind::Function, it)))
    }

    fn lines(&self) -> Vec<String> {
        let bridge = self.event_bridge_configuration;
        let mut lines: Vec<String> = self.all().map(|(kind, it)| it.line(kind)).collect();
        lines.extend(bridge.map(|_| "EventBridge: every event".to_owned()));
        lines
    }
}

impl Configuration {
    fn arn(&self, kind: Kind) -> &str {
        let arn = match kind {
            Kind::Topic => &self.topic_arn,
            Kind::Queue => &self.queue_arn,
            Kind::Function => &self.lambda_function_arn,
        };
        arn.as_deref().unwrap_or_default()
    }

    fn line(&self, kind: Kind) -> String {
        format!(
            "{}: {} ({})",
            kind.word(),
            self.arn(kind),
            self.events.join(" ")
        )
    }

    fn tidy(&mut self, kind: Kind) -> Result<(), String> {
        self.id = shape::filled(self.id.take());
        let others = [&self.topic_arn, &self.queue_arn, &self.lambda_function_arn];
        let arns = others.into_iter().flatten().count();
        if self.arn(kind).is_empty() || arns != 1 {
            return Err(format!(
                "a {} needs a {} and no other ARN",
                kind.word(),
                kind.key()
            ));
        }
        self.events.sort();
        for rule in self
            .filter
            .iter_mut()
            .flat_map(|it| &mut it.key.filter_rules)
        {
            // S3 takes both spellings and answers with a capital.
            rule.name = rule.name.to_lowercase();
        }
        if let Some(filter) = &mut self.filter {
            filter.key.filter_rules.sort();
        }
        let filter = self.filter.take();
        self.filter = filter.filter(|it| !it.key.filter_rules.is_empty());
        Ok(())
    }

    fn view(&self, kind: Kind) -> Value {
        let arn = self.arn(kind);
        json!({
            "Id": self.id.as_deref().unwrap_or_default(),
            kind.key(): arn,
            "Events": self.events,
            "Filter": self.filter.clone().unwrap_or_default(),
            "account": arn.split(':').nth(4).unwrap_or_default(),
            "line": self.line(kind),
        })
    }
}

pub struct Notification;

#[async_trait]
impl Setting for Notification {
    fn name(&self) -> &'static str {
        "notification"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(
            bucket,
            "GetBucketNotificationConfiguration",
            get_bucket_notification_configuration
        );
        call::read("GetBucketNotificationConfiguration", "", answer, |output| {
            sdk::from(output).document()
        })
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let unfit = |message| CallError::unfit("PutBucketNotificationConfiguration", message);
        let notifications: Notifications = match step.to.value() {
            None => Notifications::default(),
            Some(value) => shape::typed(value.clone()).map_err(unfit)?,
        };
        let configuration = sdk::to(notifications).map_err(unfit)?;
        s3!(
            bucket,
            "PutBucketNotificationConfiguration",
            put_bucket_notification_configuration,
            notification_configuration(configuration),
            skip_destination_validation(true)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        let configuration = if step.to.is_absent() {
            "{}".to_owned()
        } else {
            format!("file://{file}")
        };
        Command::s3api("put-bucket-notification-configuration", bucket)
            .flag("--skip-destination-validation")
            .with("--notification-configuration", configuration)
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        self.command(bucket, step, file)
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        let (was, is) = (
            Notifications::of(before).lines(),
            Notifications::of(target).lines(),
        );
        let mut residue = Vec::new();
        if is.iter().any(|line| !was.contains(line)) {
            residue.push("events that were delivered meanwhile stay delivered".to_owned());
        }
        if was.iter().any(|line| !is.contains(line)) {
            residue.push("events of the time between are never delivered".to_owned());
        }
        residue
    }

    /// Beside the CLI's fields (`EventBridgeConfiguration` is null where it is off): `configured`,
    /// `event_bridge`, `targets` (kind, id, arn, account, line), and `account` and `line` of each
    /// configuration.
    fn view(&self, document: &Document) -> Value {
        let notifications = Notifications::of(document);
        let views = |wanted: Kind| -> Vec<Value> {
            let of_kind = notifications.all().filter(|(kind, _)| *kind == wanted);
            of_kind.map(|(kind, it)| it.view(kind)).collect()
        };
        let targets = notifications.all().map(|(kind, it)| {
            let arn = it.arn(kind);
            json!({
                "kind": kind.word(),
                "id": it.id,
                "arn": arn,
                "account": arn.split(':').nth(4).unwrap_or_default(),
                "line": it.line(kind),
            })
        });
        json!({
            "configured": !document.is_absent(),
            "event_bridge": notifications.event_bridge_configuration.is_some(),
            "targets": targets.collect::<Vec<_>>(),
            "TopicConfigurations": views(Kind::Topic),
            "QueueConfigurations": views(Kind::Queue),
            "LambdaFunctionConfigurations": views(Kind::Function),
            "EventBridgeConfiguration": notifications.event_bridge_configuration,
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let notifications: Notifications = shape::typed(shape::without_derived(value))?;
        for (kind, it) in notifications.all() {
            // S3 would make one up, and what is read back would not be what was planned.
            if it.id.as_deref().unwrap_or_default().is_empty() {
                return Err(format!("the {} {} has no Id", kind.word(), it.arn(kind)));
            }
        }
        notifications.document()
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines = Notifications::of(document).lines();
        Summary {
            noun: "notifications".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let lines = Notifications::of(document).lines();
        let count = shape::counted(lines.len(), "target");
        std::iter::once(format!("notification returns {count}"))
            .chain(lines)
            .collect()
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        const RENAMED: [(&str, &str); 4] = [
            ("topic", "topicarn"),
            ("queue", "queuearn"),
            ("cloudfunction", "lambdafunctionarn"),
            ("event", "events"),
        ];
        fidelity::compare_renamed_xml(read, &RENAMED, |name, text| {
            // The document spells these words in lower case.
            (name == "name" && (text == "Prefix" || text == "Suffix"))
                || (text.trim().is_empty() && (name == "s3key" || name == "filter"))
        })
    }
}
