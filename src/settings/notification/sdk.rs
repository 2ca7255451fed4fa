//! Between the document and the types of the SDK, which has one for each kind of destination.

use aws_sdk_s3::{
    operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput,
    types::{
        Event, EventBridgeConfiguration, FilterRule as SdkFilterRule, FilterRuleName,
        LambdaFunctionConfiguration, NotificationConfiguration, NotificationConfigurationFilter,
        QueueConfiguration, S3KeyFilter, TopicConfiguration,
    },
};

use super::{Configuration, Filter, FilterRule, KeyFilter, Notifications};
use crate::settings::shape::Empty;

pub(super) fn from(output: GetBucketNotificationConfigurationOutput) -> Notifications {
    let topics = output.topic_configurations.unwrap_or_default();
    let queues = output.queue_configurations.unwrap_or_default();
    let functions = output.lambda_function_configurations.unwrap_or_default();
    Notifications {
        topic_configurations: topics.into_iter().map(from_topic).collect(),
        queue_configurations: queues.into_iter().map(from_queue).collect(),
        lambda_function_configurations: functions.into_iter().map(from_function).collect(),
        event_bridge_configuration: output.event_bridge_configuration.map(|_| Empty {}),
    }
}

fn words(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .map(|event| event.as_str().to_owned())
        .collect()
}

fn from_filter(filter: NotificationConfigurationFilter) -> Filter {
    let rules = filter.key.and_then(|key| key.filter_rules);
    let rule = |rule: SdkFilterRule| FilterRule {
        name: rule
            .name
            .map(|it| it.as_str().to_owned())
            .unwrap_or_default(),
        value: rule.value.unwrap_or_default(),
    };
    Filter {
        key: KeyFilter {
            filter_rules: rules.into_iter().flatten().map(rule).collect(),
        },
    }
}

fn from_topic(topic: TopicConfiguration) -> Configuration {
    Configuration {
        id: topic.id,
        topic_arn: Some(topic.topic_arn),
        events: words(&topic.events),
        filter: topic.filter.map(from_filter),
        ..Configuration::default()
    }
}

fn from_queue(queue: QueueConfiguration) -> Configuration {
    Configuration {
        id: queue.id,
        queue_arn: Some(queue.queue_arn),
        events: words(&queue.events),
        filter: queue.filter.map(from_filter),
        ..Configuration::default()
    }
}

fn from_function(function: LambdaFunctionConfiguration) -> Configuration {
    Configuration {
        id: function.id,
        lambda_function_arn: Some(function.lambda_function_arn),
        events: words(&function.events),
        filter: function.filter.map(from_filter),
        ..Configuration::default()
    }
}

fn to_filter(filter: Filter) -> NotificationConfigurationFilter {
    let rules = filter.key.filter_rules.into_iter().map(|rule| {
        SdkFilterRule::builder()
            .name(FilterRuleName::from(rule.name.as_str()))
            .value(rule.value)
            .build()
    });
    let key = S3KeyFilter::builder().set_filter_rules(Some(rules.collect()));
    NotificationConfigurationFilter::builder()
        .key(key.build())
        .build()
}

pub(super) fn to(notifications: Notifications) -> Result<NotificationConfiguration, String> {
    /// The three builders differ in their types and one field's name alone.
    macro_rules! list {
        ($list:expr, $of:ident, $arn:ident, $set:ident) => {{
            let made = $list.into_iter().map(|it| {
                let events = it.events.iter().map(|word| Event::from(word.as_str()));
                $of::builder()
                    .set_id(it.id)
                    .$set(it.$arn)
                    .set_events(Some(events.collect()))
                    .set_filter(it.filter.map(to_filter))
                    .build()
                    .map_err(|error| error.to_string())
            });
            let made = made.collect::<Result<Vec<_>, String>>()?;
            (!made.is_empty()).then_some(made)
        }};
    }
    let Notifications {
        topic_configurations: topics,
        queue_configurations: queues,
        lambda_function_configurations: functions,
        event_bridge_configuration: bridge,
    } = notifications;
    Ok(NotificationConfiguration::builder()
        .set_topic_configurations(list!(topics, TopicConfiguration, topic_arn, set_topic_arn))
        .set_queue_configurations(list!(queues, QueueConfiguration, queue_arn, set_queue_arn))
        .set_lambda_function_configurations(list!(
            functions,
            LambdaFunctionConfiguration,
            lambda_function_arn,
            set_lambda_function_arn
        ))
        .set_event_bridge_configuration(bridge.map(|_| EventBridgeConfiguration::builder().build()))
        .build())
}
