//! Object Lock: whether objects of the bucket can be locked against deletion, and the lock that new
//! ones get by default. Once on it is never off again; the default can be changed and removed.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    DefaultRetention, EventHoldDuration, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ObjectLockRule,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bucket, CallError, Read, Setting, Step, Written,
    call::{self, s3},
    fidelity, shape,
};
use crate::domain::{Command, Document, Reversibility, artifact::Summary};

/// Days of a year, for comparing a default in years with one in days.
const DAYS_OF_A_YEAR: i64 = 365;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Lock {
    object_lock_enabled: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    default_retention: Retention,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Retention {
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_event_hold: Option<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Span {
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years: Option<i32>,
}

impl Lock {
    /// On, and no default: as far back as anything leads.
    fn bare() -> Self {
        Self {
            object_lock_enabled: "Enabled".to_owned(),
            rule: None,
        }
    }

    fn of(document: &Document) -> Option<Self> {
        shape::held(document)
    }

    fn default(&self) -> Option<&Retention> {
        self.rule.as_ref().map(|rule| &rule.default_retention)
    }

    fn checked(self) -> Result<Self, String> {
        if self.object_lock_enabled != "Enabled" {
            return Err("Object Lock can only be on".to_owned());
        }
        let Some(retention) = self.default() else {
            return Ok(self);
        };
        let period = [retention.days, retention.years];
        match (retention.mode.as_deref(), period) {
            (Some("GOVERNANCE" | "COMPLIANCE"), [Some(1..), None] | [None, Some(1..)]) => Ok(self),
            (Some("GOVERNANCE" | "COMPLIANCE"), _) => {
                Err("a default retention has either days or years, and at least one".to_owned())
            }
            // An event hold alone has neither.
            (None, [None, None]) if retention.default_event_hold.is_some() => Ok(self),
            (mode, _) => Err(format!("unknown mode `{}`", mode.unwrap_or_default())),
        }
    }
}

impl Retention {
    /// In days; 0 where there is no period.
    fn in_days(&self) -> i64 {
        let years = i64::from(self.years.unwrap_or(0)) * DAYS_OF_A_YEAR;
        i64::from(self.days.unwrap_or(0)) + years
    }

    fn line(&self) -> String {
        let mut parts = Vec::new();
        if let Some(mode) = &self.mode {
            let period = match (self.days, self.years) {
                (Some(days), _) => shape::counted(usize::try_from(days).unwrap_or(0), "day"),
                (None, years) => {
                    let years = usize::try_from(years.unwrap_or(0)).unwrap_or(0);
                    shape::counted(years, "year")
                }
            };
            parts.push(format!("{mode} for {period}"));
        }
        if self.default_event_hold.is_some() {
            parts.push("event hold".to_owned());
        }
        format!("default retention: {}", parts.join(", "))
    }
}

const FOR_GOOD: &str = "Object Lock can never be turned off again, nor can versioning be suspended";

pub struct ObjectLock;

#[async_trait]
impl Setting for ObjectLock {
    fn name(&self) -> &'static str {
        "object_lock"
    }

    async fn read(&self, bucket: Bucket<'_>) -> Result<Read, CallError> {
        let answer = s3!(
            bucket,
            "GetObjectLockConfiguration",
            get_object_lock_configuration
        );
        call::read(
            "GetObjectLockConfiguration",
            "ObjectLockConfigurationNotFoundError",
            answer,
            |output| match output.object_lock_configuration {
                Some(lock) if lock.object_lock_enabled.is_some() => {
                    shape::document(&from_sdk(lock))
                }
                _ => Ok(Document::ABSENT),
            },
        )
    }

    async fn write(&self, bucket: Bucket<'_>, step: Step<'_>) -> Result<Written, CallError> {
        let unfit = |message: String| CallError::unfit("PutObjectLockConfiguration", message);
        let lock = match step.to.value() {
            None => Lock::bare(),
            Some(value) => shape::typed(value.clone()).map_err(unfit)?,
        };
        let lock = to_sdk(lock);
        s3!(
            bucket,
            "PutObjectLockConfiguration",
            put_object_lock_configuration,
            object_lock_configuration(lock)
        )
        .map(Written::from)
    }

    fn command(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        let argument = match Lock::of(step.to) {
            None | Some(Lock { rule: None, .. }) => "ObjectLockEnabled=Enabled".to_owned(),
            Some(_) => format!("file://{file}"),
        };
        Command::s3api("put-object-lock-configuration", bucket)
            .with("--object-lock-configuration", argument)
    }

    fn inverse(&self, bucket: &str, step: Step<'_>, file: &str) -> Command {
        if step.to.is_absent() {
            return self.command(bucket, step, file);
        }
        Command::s3api("put-object-lock-configuration", bucket)
            .with("--object-lock-configuration", format!("file://{file}"))
    }

    fn restored(&self, before: &Document) -> Document {
        if before.is_absent() {
            shape::document(&Lock::bare()).unwrap_or_default()
        } else {
            before.clone()
        }
    }

    fn residue(&self, before: &Document, target: &Document) -> Vec<String> {
        if before == target {
            return Vec::new();
        }
        let mut residue = Vec::new();
        if before.is_absent() {
            residue.push(FOR_GOOD.to_owned());
        }
        if Lock::of(target).is_some_and(|lock| lock.rule.is_some()) {
            residue.push("objects written meanwhile stay locked until their date".to_owned());
        }
        residue
    }

    /// Turning it on leads one way, and so does a default that nobody may lift.
    fn reversibility(&self, before: &Document, target: &Document) -> Reversibility {
        if before == target {
            return Reversibility::Exact;
        }
        if before.is_absent() {
            return Reversibility::OneWay(FOR_GOOD.to_owned());
        }
        let compliance = |retention: &Retention| retention.mode.as_deref() == Some("COMPLIANCE");
        let lock = Lock::of(target);
        if lock
            .as_ref()
            .and_then(Lock::default)
            .is_some_and(compliance)
        {
            return Reversibility::OneWay(
                "objects written meanwhile can be deleted by nobody before their date".to_owned(),
            );
        }
        if lock.is_some_and(|lock| lock.rule.is_some()) {
            Reversibility::Residue
        } else {
            Reversibility::Exact
        }
    }

    /// Beside the CLI's fields: `enabled`, and of the default rule `mode` (empty where there is no
    /// period) and `days` (a year counts 365). A field that is not set is null.
    fn view(&self, document: &Document) -> Value {
        let lock = Lock::of(document);
        let retention = lock.as_ref().and_then(Lock::default);
        json!({
            "ObjectLockEnabled": lock.as_ref().map(|lock| &lock.object_lock_enabled),
            "Rule": lock.as_ref().and_then(|lock| lock.rule.as_ref()),
            "enabled": lock.is_some(),
            "mode": retention.and_then(|it| it.mode.as_deref()).unwrap_or_default(),
            "days": retention.map_or(0, Retention::in_days),
        })
    }

    fn tidy(&self, value: Value) -> Result<Document, String> {
        let lock: Lock = shape::typed(shape::without_filling(value))?;
        shape::document(&lock.checked()?)
    }

    fn summary(&self, document: &Document) -> Summary {
        let lines = lines(document);
        Summary {
            noun: "states".to_owned(),
            count: lines.len(),
            lines,
        }
    }

    fn returns(&self, document: &Document) -> Vec<String> {
        let mut lines = lines(document);
        if lines.is_empty() {
            lines.push("nothing set".to_owned());
        }
        lines
            .iter()
            .map(|line| format!("object lock returns {line}"))
            .collect()
    }

    fn representable(&self, read: &Read) -> Result<(), Vec<String>> {
        fidelity::compare_xml(read, |_, _| false)
    }
}

fn lines(document: &Document) -> Vec<String> {
    Lock::of(document)
        .map(|lock| {
            let state = format!("ObjectLockEnabled: {}", lock.object_lock_enabled);
            let default = lock.default().map(Retention::line);
            std::iter::once(state).chain(default).collect()
        })
        .unwrap_or_default()
}

fn from_sdk(lock: ObjectLockConfiguration) -> Lock {
    let retention = lock.rule.and_then(|rule| rule.default_retention);
    Lock {
        object_lock_enabled: lock
            .object_lock_enabled
            .map_or("Enabled".to_owned(), |word| word.as_str().to_owned()),
        rule: retention.map(|it| Rule {
            default_retention: Retention {
                mode: it.mode.map(|mode| mode.as_str().to_owned()),
                days: it.days,
                years: it.years,
                default_event_hold: it.default_event_hold.map(|hold| Span {
                    days: hold.days,
                    years: hold.years,
                }),
            },
        }),
    }
}

fn to_sdk(lock: Lock) -> ObjectLockConfiguration {
    let rule = lock.rule.map(|rule| {
        let it = rule.default_retention;
        let hold = it.default_event_hold.map(|hold| {
            EventHoldDuration::builder()
                .set_days(hold.days)
                .set_years(hold.years)
                .build()
        });
        let mode = it.mode.as_deref().map(ObjectLockRetentionMode::from);
        let retention = DefaultRetention::builder()
            .set_mode(mode)
            .set_days(it.days)
            .set_years(it.years)
            .set_default_event_hold(hold);
        ObjectLockRule::builder()
            .default_retention(retention.build())
            .build()
    });
    ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::from(lock.object_lock_enabled.as_str()))
        .set_rule(rule)
        .build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_nobody_can_lift_again_leads_one_way() {
        let tidy = |value: Value| ObjectLock.tidy(value).unwrap();
        let on = || tidy(json!({"ObjectLockEnabled": "Enabled"}));
        let with = |mode: &str| {
            let retention = json!({"Mode": mode, "Days": 30});
            tidy(json!({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}))
        };
        for (before, target, one_way, residue) in [
            (Document::ABSENT, on(), true, 1),
            (Document::ABSENT, with("GOVERNANCE"), true, 2),
            (on(), with("GOVERNANCE"), false, 1),
            (on(), with("COMPLIANCE"), true, 1),
            (with("COMPLIANCE"), on(), false, 0),
            (on(), on(), false, 0),
        ] {
            let said = ObjectLock.reversibility(&before, &target);
            assert_eq!(said.one_way().is_some(), one_way, "{}", target.to_json());
            assert_eq!(ObjectLock.residue(&before, &target).len(), residue);
        }
    }

    #[test]
    fn a_default_in_years_is_told_in_days_too() {
        let retention = json!({"Mode": "COMPLIANCE", "Years": 2});
        let lock = json!({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}});
        let view = ObjectLock.view(&Document::present(lock.clone()));
        assert_eq!(
            (&view["days"], &view["mode"]),
            (&json!(730), &json!("COMPLIANCE"))
        );
        let lines = ObjectLock.returns(&Document::present(lock));
        assert_eq!(
            lines[1],
            "object lock returns default retention: COMPLIANCE for 2 years"
        );
    }
}
