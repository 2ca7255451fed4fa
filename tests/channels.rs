//! Who is told how a change ended, over real connections: each channel's shape, what happens when it
//! does not take a record, and what a person does about that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod house;
mod mailbox;
mod receiver;

use std::{path::PathBuf, process::Command, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use house::{House, at, nina, only, walkthrough_sandbox};
use mailbox::Mailbox;
use receiver::{Got, Receiver};
use serde_json::json;
use sixfold::{
    config::{
        Config, Email, MailTls, Mode, PagerDuty, People, Secret, SigningKey, Webhook, WebhookKind,
    },
    domain::{
        Actor, Change, Fact, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    engine::Caller,
    room::{
        doctor,
        protocol::{Answer, ChannelState, Grade, OutboxRequest, RefusalCode, Reply, Request},
    },
    sandbox::{
        BucketSettings, FaultKind, FaultRule, Grant, Grantee, Permission, Sandbox,
        estate::{VAULT, WALKTHROUGH},
    },
};

const RULE: &str = "acl-public-read";
const DETECTED: &str = "2026-04-15T03:12:47Z";
const APPROVED: &str = "2026-04-15T03:14:02Z";

fn hook(kind: WebhookKind, receiver: &Receiver) -> Webhook {
    Webhook {
        name: "audit".to_owned(),
        kind,
        url: Secret::new(receiver.url()),
        approvals: false,
    }
}

/// A room on the walkthrough's bucket, outside production where `dev`.
async fn house(dev: bool, shape: impl FnOnce(&mut Config)) -> House {
    let sandbox = walkthrough_sandbox().await;
    if dev {
        sandbox.state().patch(WALKTHROUGH, in_dev).unwrap();
    }
    open(sandbox, shape).await
}

async fn open(sandbox: Sandbox, shape: impl FnOnce(&mut Config)) -> House {
    House::open(sandbox, DETECTED, |config| {
        only(config, RULE);
        shape(config);
    })
    .await
}

fn in_dev(settings: &mut BucketSettings) {
    settings.tags = vec![("env".to_owned(), "dev".to_owned())];
}

/// Opens the bucket again, and gives the change that closes it.
async fn another_change(house: &House) -> Change {
    let before = house.changes().len();
    let public = |settings: &mut BucketSettings| {
        let grant = Grant::new(Grantee::AllUsers, Permission::Read);
        settings.acl.push(grant);
    };
    house.sandbox.state().patch(WALKTHROUGH, public).unwrap();
    house.room.watch.scan_now();
    house
        .until("another change is closed", |house| {
            let changes = house.changes();
            let last = changes.last()?.clone();
            (changes.len() > before && last.stage == Stage::Closed).then_some(last)
        })
        .await
}

async fn told(house: &House, change: &Change, channel: &str) -> Change {
    house
        .until("the channel has the record", |house| {
            // Every look is later, so that the next attempt is due.
            house
                .clock
                .set(house.room.engine.now() + TimeDelta::seconds(30));
            let change = house.change(change.id);
            change
                .delivered
                .iter()
                .any(|one| one == channel)
                .then_some(change)
        })
        .await
}

fn state(house: &House, channel: &str) -> ChannelState {
    let states = house.room.engine.channel_states().unwrap();
    states
        .into_iter()
        .find(|state| state.name == channel)
        .unwrap()
}

async fn failing(house: &House, channel: &str) -> ChannelState {
    house
        .until("the channel fails", |house| {
            Some(state(house, channel)).filter(|state| state.cause.is_some())
        })
        .await
}

/// The hash of an entry's line, as the ledger has it.
fn hash(house: &House, seq: u64) -> String {
    let reader = house.room.engine.ledger.reader();
    reader.entry(seq).unwrap().hash.to_string()
}

const BOX: &str = "#compliance-audit
CHG-2026-0418-114 closed
CIS 1.20 remediated on
  acme-prod-customer-exports
approver: nina.ramirez
  (tap, 03:14:02 UTC)
duration: 01m 15s (detect → close)
rollback: available until 2026-05-15";

async fn the_walkthrough(shape: impl FnOnce(&mut Config)) -> (House, Change) {
    let house = Box::pin(house(false, shape)).await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    house.clock.set(at(APPROVED));
    house.approve(&asked, Via::Tap).await.unwrap();
    let change = house.until_stage(asked.id, Stage::Closed).await;
    (house, change)
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_gets_the_box_its_fields_and_the_ledgers_number_byte_for_byte() {
    let receiver = Receiver::start().await;
    let (house, change) = the_walkthrough(|config| {
        config.channels.webhooks = vec![hook(WebhookKind::Slack, &receiver)];
    })
    .await;
    told(&house, &change, "audit").await;
    let backup = change.backup.as_ref().unwrap();
    let version = backup.version_id.as_ref().unwrap();
    let reference = format!(
        "ledger: {} {}",
        change.alert_seq,
        hash(&house, change.alert_seq)
    );
    let field = |label: &str, value: &str| json!({"type": "mrkdwn", "text": format!("*{label}*\n`{value}`")});
    let expected = json!({
        "text": format!("{BOX}\n{reference}"),
        "blocks": [
            {
                "type": "header",
                "text": {
                    "type": "plain_text",
                    "text": "CHG-2026-0418-114 closed · remediated",
                    "emoji": false,
                },
            },
            {"type": "section", "text": {"type": "mrkdwn", "text": format!("```{BOX}```")}},
            {"type": "section", "fields": [
                field("asset", "acme-prod-customer-exports"),
                field("account", "111122223333 · us-east-1 · env=prod"),
                field("rule", &change.ticket.rule.to_string()),
                field("frameworks", "CIS 1.20 · SOC 2 CC6.6 · ISO 27001 A.9.4.1"),
                field("severity", "high"),
                field("owner", "platform-security@acme.com"),
                field("approver", "nina.ramirez (tap, 03:14:02 UTC)"),
                field("verification", "applied"),
                field("backup", &format!("s3://acme-rollback-vault/CHG-2026-0418-114/acl-snapshot-CHG-2026-0418-114.json#{version}")),
                field("rollback", "CHG-2026-0418-114 until 2026-05-15"),
            ]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": reference}]},
        ],
    });
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    assert_eq!(String::from_utf8_lossy(&got[0].body), expected.to_string());
    assert_eq!(got[0].header("content-type"), "application/json");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_wrote_can_not_format_or_ping_a_slack_channel() {
    let receiver = Receiver::start().await;
    let house = house(false, |config| {
        config.channels.webhooks = vec![hook(WebhookKind::Slack, &receiver)];
    })
    .await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    let reason = Reason {
        code: ReasonCode::AcceptedRisk,
        note: "``` <!channel> <https://evil|a&b> \u{202e}".to_owned(),
    };
    let hash = asked.ticket.plan_hash.clone();
    let deny = Answer::Deny(reason);
    house
        .room
        .engine
        .decide(&nina(Via::Tui), asked.id, &hash, deny)
        .await
        .unwrap();
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    told(&house, &change, "audit").await;
    let body = &receiver.bodies()[0];
    let section = body["blocks"][1]["text"]["text"].as_str().unwrap();
    assert!(
        section.ends_with(
            "cause: accepted-risk: ''' &lt;!channel&gt; &lt;https://evil|a&amp;b&gt; &lt;U+202E&gt;```"
        ),
        "{section}"
    );
    assert!(!body.to_string().contains("<!channel>"), "{body}");
    house.close().await;
}

fn python() -> PathBuf {
    let named = std::env::var_os("SIXFOLD_MOTO_PYTHON").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from("python3"))
}

/// Verifies as the specification tells receivers to, with another implementation of HMAC and base64.
fn verified(got: &Got, secret: &str) -> bool {
    const CHECK: &str = "
import base64, hashlib, hmac, sys
secret, msg, timestamp, signatures = sys.argv[1:5]
key = base64.b64decode(secret.removeprefix('whsec_'))
signed = f'{msg}.{timestamp}.'.encode() + sys.stdin.buffer.read()
mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
found = [one for one in signatures.split(' ') if one.startswith('v1,')]
sys.exit(0 if any(hmac.compare_digest(mine, one[3:]) for one in found) else 1)
";
    let body = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&body, &got.body).unwrap();
    let ran = Command::new(python())
        .args(["-c", CHECK, secret])
        .args(["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| got.header(name)))
        .stdin(std::fs::File::open(body.path()).unwrap())
        .output()
        .expect("these tests need Python: python3 on PATH, or SIXFOLD_MOTO_PYTHON");
    ran.status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_webhook_is_signed_so_that_another_implementation_agrees_over_retries_and_new_secrets()
 {
    let receiver = Receiver::start().await;
    receiver.answer_with([500]);
    let secrets = [3_u8, 7].map(|byte| format!("whsec_{}", STANDARD.encode([byte; 32])));
    let keys = secrets
        .iter()
        .map(|secret| SigningKey::parse(secret).unwrap());
    let kind = WebhookKind::Standard(keys.collect());
    let (house, change) = the_walkthrough(|config| {
        config.channels.webhooks = vec![hook(kind, &receiver)];
    })
    .await;
    told(&house, &change, "audit").await;
    let got = receiver.got();
    assert_eq!(got.len(), 2, "a failure and a success");
    for one in &got {
        for secret in &secrets {
            assert!(verified(one, secret), "{one:?}");
        }
        let mut altered = one.clone();
        altered.body.push(b' ');
        assert!(!verified(&altered, &secrets[0]));
        let stranger = format!("whsec_{}", STANDARD.encode([8; 32]));
        assert!(!verified(one, &stranger));
    }
    let id = format!("CHG-2026-0418-114_{}", change.alert_seq);
    assert!(got.iter().all(|one| one.header("webhook-id") == id));
    assert_eq!(got[0].body, got[1].body);
    let stamp = |got: &Got| got.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!(stamp(&got[0]) >= at(APPROVED).timestamp());
    assert!(stamp(&got[1]) > stamp(&got[0]), "of the attempt");
    let body = got[0].json();
    assert_eq!(body["type"], "change.closed");
    assert_eq!(body["timestamp"], "2026-04-15T03:14:02.000Z");
    assert_eq!(body["data"]["text"], BOX);
    assert_eq!(body["data"]["fields"]["severity"], "high");
    let ledger = &body["data"]["ledger"];
    assert_eq!(ledger["seq"], change.alert_seq);
    assert_eq!(ledger["hash"], hash(&house, change.alert_seq));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_is_left_alone_until_then_by_seconds_and_by_date() {
    let receiver = Receiver::start().await;
    receiver.answer_saying(429, "retry-after", "1800");
    receiver.answer_saying(503, "retry-after", "Wed, 15 Apr 2026 05:12:47 GMT");
    let house = house(true, |config| {
        config.channels.webhooks = vec![hook(WebhookKind::Plain, &receiver)];
    })
    .await;
    let first = house.until_closed(RULE, WALKTHROUGH).await;
    let slow = failing(&house, "audit").await;
    assert_eq!(slow.cause.as_deref(), Some("answered 429"));
    assert_eq!(slow.next_at, Some(at("2026-04-15T03:42:47Z")));

    // What closes meanwhile does not ask sooner.
    house.clock.set(at("2026-04-15T03:42:46Z"));
    let second = another_change(&house).await;
    assert_eq!(state(&house, "audit").undelivered, 2);
    assert_eq!(receiver.got().len(), 1);

    house.clock.set(at("2026-04-15T03:42:47Z"));
    let third = another_change(&house).await;
    house
        .until("the receiver says a date", |house| {
            let at = at("2026-04-15T05:12:47Z");
            (state(house, "audit").next_at == Some(at)).then_some(())
        })
        .await;
    assert_eq!(receiver.got().len(), 2);
    house.clock.set(at("2026-04-15T05:12:47Z"));
    let fourth = another_change(&house).await;
    for change in [&first, &second, &third, &fourth] {
        told(&house, change, "audit").await;
    }
    // In the ledger's order, each with the number it had.
    let ids = receiver.ids();
    let expected: Vec<_> = [&first, &first, &first, &second, &third, &fourth]
        .iter()
        .map(|change| format!("{}.{}", change.id, change.alert_seq))
        .collect();
    assert_eq!(ids, expected);
    assert_eq!(state(&house, "audit").undelivered, 0);
    house.close().await;
}

fn as_role(role: &str) -> (People, Caller) {
    let text = format!(
        "[[people]]\nname = \"nina.ramirez\"\nrole = \"approver\"\n[[people]]\nname = \"otto\"\nrole = \"{role}\"\n"
    );
    let config = Config::parse(&text, std::path::Path::new("sixfold.toml")).unwrap();
    let caller = Caller {
        actor: Actor::person("otto").unwrap(),
        via: Via::Cli,
        readonly: false,
    };
    (config.people, caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_gone_for_good_is_counted_and_left_alone_until_an_operator_says_otherwise()
 {
    let receiver = Receiver::start().await;
    receiver.answer_with([410]);
    let (people, otto) = as_role("auditor");
    let house = house(true, |config| {
        config.people = people;
        config.channels.webhooks = vec![hook(WebhookKind::Plain, &receiver)];
    })
    .await;
    let first = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(first.outcome(), Some(Outcome::Remediated), "the fix stands");
    house
        .until("it is dead", |house| {
            state(house, "audit").dead.then_some(())
        })
        .await;
    house.clock.set(at("2026-05-01T00:00:00Z"));
    let second = another_change(&house).await;
    assert_eq!(receiver.got().len(), 1, "nothing is sent to it");
    let engine = &house.room.engine;
    let states = engine.channel_states().unwrap();
    let words: Vec<_> = states
        .iter()
        .filter(|one| one.is_amiss())
        .map(ChannelState::words)
        .collect();
    assert_eq!(
        words,
        [
            "audit: 2 records not taken since 2026-04-15 03:12 UTC, left alone until it is retried: answered 410, gone for good"
        ]
    );

    // An auditor looks, and no more.
    let list = Request::Outbox(OutboxRequest::List {
        channel: Some("audit".to_owned()),
        offset: 0,
        limit: 10,
    });
    let Ok(Reply::Outbox(outbox)) = house.room.answer(&otto, list).await else {
        panic!("an auditor may look");
    };
    let entries: Vec<_> = outbox
        .undelivered
        .items
        .iter()
        .map(|one| one.entry)
        .collect();
    assert_eq!(entries, [first.alert_seq, second.alert_seq]);
    for request in [
        Request::Outbox(OutboxRequest::Retry {
            channel: "audit".to_owned(),
        }),
        Request::Outbox(OutboxRequest::Waive {
            channel: "audit".to_owned(),
            entry: None,
            reason: "no".to_owned(),
        }),
    ] {
        let refused = house.room.answer(&otto, request).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::Forbidden);
    }
    let attempts = house
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.fact {
            Fact::Refused { attempt, .. } => Some((entry.actor.to_string(), attempt)),
            _ => None,
        });
    let attempts: Vec<_> = attempts.collect();
    let by_otto = |attempt: &str| ("otto".to_owned(), attempt.to_owned());
    assert_eq!(
        attempts,
        [by_otto("retry a channel"), by_otto("waive a delivery")]
    );
    assert_eq!(receiver.got().len(), 1);

    engine
        .retry_channel(&nina(Via::Cli), "audit")
        .await
        .unwrap();
    for change in [&first, &second] {
        told(&house, change, "audit").await;
    }
    let ids = receiver.ids();
    assert_eq!(ids[0], ids[1], "the same record by the same id");
    assert_eq!(ids.len(), 3);
    assert!(!state(&house, "audit").is_amiss());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_request_that_a_webhook_did_not_take_is_seen_and_sent_again() {
    let receiver = Receiver::start().await;
    receiver.answer_with([503]);
    let house = house(false, |config| {
        let mut hook = hook(WebhookKind::Plain, &receiver);
        hook.approvals = true;
        config.channels.webhooks = vec![hook];
    })
    .await;
    house.until_asked(RULE, WALKTHROUGH).await;
    let warned = |house: &House| {
        let mut warnings = house.room.engine.warnings().into_iter();
        warnings.find(|warning| warning.contains("did not take an approval request"))
    };
    let words = house.until("a warning is there", warned).await;
    assert!(words.contains("tried again while they are open"), "{words}");
    house
        .until("it is taken, and the warning gone", |house| {
            (receiver.got().len() == 2 && warned(house).is_none()).then_some(())
        })
        .await;
    let ids = receiver.ids();
    assert_eq!(ids[0], ids[1], "the same request by the same id");
    house.close().await;
}

/// Until so many are owed; what `compliance.log` takes is on its way for a moment too.
async fn until_undelivered(house: &House, wanted: usize) {
    let counted = async {
        loop {
            let status = house.room.answer(&nina(Via::Cli), Request::Status).await;
            let Ok(Reply::Status(status)) = status else {
                panic!("anybody may look");
            };
            if status.undelivered == wanted {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let counted = tokio::time::timeout(Duration::from_mins(1), counted).await;
    counted.expect("so many are owed in the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_to_a_channel_that_the_config_lost_is_counted_until_it_is_waived() {
    let receiver = Receiver::start().await;
    receiver.answer_with([404; 99]);
    let house = house(true, |config| {
        config.channels.webhooks = vec![hook(WebhookKind::Plain, &receiver)];
    })
    .await;
    house.until_closed(RULE, WALKTHROUGH).await;
    failing(&house, "audit").await;
    until_undelivered(&house, 1).await;
    let (sandbox, folder) = house.close().await;
    let house = House::open_in(sandbox, folder, APPROVED, |config| only(config, RULE)).await;
    assert_eq!(state(&house, "audit").kind, None);
    until_undelivered(&house, 1).await;
    let (engine, nina) = (&house.room.engine, nina(Via::Cli));
    let waived = engine.waive_delivery(&nina, "audit", None, "it was archived");
    waived.await.unwrap();
    until_undelivered(&house, 0).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_waives_is_an_entry_with_the_reason_and_counts_no_longer() {
    let receiver = Receiver::start().await;
    receiver.answer_with([404; 99]);
    let house = house(true, |config| {
        config.channels.webhooks = vec![hook(WebhookKind::Plain, &receiver)];
    })
    .await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    failing(&house, "audit").await;
    let engine = &house.room.engine;
    let nina = nina(Via::Cli);
    for (entry, reason, code) in [
        (Some(change.alert_seq), "  ", RefusalCode::Conflict),
        (Some(1), "archived", RefusalCode::NotFound),
    ] {
        let refused = engine.waive_delivery(&nina, "audit", entry, reason).await;
        assert_eq!(refused.unwrap_err().code, code);
    }
    let done = engine.waive_delivery(&nina, "audit", None, "the channel was archived");
    assert_eq!(done.await.unwrap(), "audit need not take 1 record any more");
    assert_eq!(state(&house, "audit").undelivered, 0);
    let entries = house.entries();
    let waived = entries
        .iter()
        .find(|entry| matches!(entry.fact, Fact::Waived { .. }))
        .unwrap();
    assert_eq!(waived.actor, nina.actor);
    assert_eq!(waived.change, Some(change.id));
    assert_eq!(
        waived.headline(),
        format!(
            "entry {} need not reach audit: the channel was archived",
            change.alert_seq
        )
    );
    assert!(
        !house
            .change(change.id)
            .delivered
            .contains(&"audit".to_owned())
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_a_receiver_can_not_take_holds_up_no_other() {
    let receiver = Receiver::start().await;
    receiver.answer_with([503, 400]);
    let house = house(true, |config| {
        config.channels.webhooks = vec![hook(WebhookKind::Plain, &receiver)];
    })
    .await;
    let first = house.until_closed(RULE, WALKTHROUGH).await;
    failing(&house, "audit").await;
    // The pause is over by then, and the clock stands still from there on.
    house
        .clock
        .set(house.room.engine.now() + TimeDelta::seconds(8));
    let second = another_change(&house).await;
    house
        .until("the second one is taken", |house| {
            (house.change(second.id).delivered.len() == 2).then_some(())
        })
        .await;
    assert!(
        !house
            .change(first.id)
            .delivered
            .contains(&"audit".to_owned())
    );
    assert_eq!(
        state(&house, "audit").cause.as_deref(),
        Some("answered 400")
    );
    told(&house, &first, "audit").await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    receiver.answer_saying(302, "location", elsewhere.url());
    let house = house(true, |config| {
        config.channels.webhooks = vec![hook(WebhookKind::Plain, &receiver)];
    })
    .await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    let failed = failing(&house, "audit").await;
    assert_eq!(
        failed.cause.as_deref(),
        Some("answered 302, a redirect, which is not followed")
    );
    told(&house, &change, "audit").await;
    assert!(elsewhere.got().is_empty());
    house.close().await;
}

fn mail(server: &Mailbox, tls: MailTls) -> Email {
    Email {
        name: "mail".to_owned(),
        server: "127.0.0.1".to_owned(),
        port: server.port,
        tls,
        login: Some(("sixfold".to_owned(), Secret::new("MAILSECRET"))),
        from: "sixfold@acme.com".to_owned(),
        to: vec!["audit@acme.com".to_owned(), "ciso@acme.com".to_owned()],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_brings_the_same_record_and_keeps_its_id_over_retries() {
    let server = Mailbox::start(&["AUTH PLAIN"]).await;
    server.answer_with(["451 later"]);
    let (house, change) = the_walkthrough(|config| {
        config.channels.email = vec![mail(&server, MailTls::Off)];
    })
    .await;
    let failed = failing(&house, "mail").await;
    assert_eq!(
        failed.cause.as_deref(),
        Some("the mail server answered 451")
    );
    told(&house, &change, "mail").await;
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1], "a mailbox can tell a repetition");
    let (head, body) = mails[0].split_once("\n\n").unwrap();
    for line in [
        "From: sixfold@acme.com".to_owned(),
        "To: audit@acme.com, ciso@acme.com".to_owned(),
        format!(
            "Message-ID: <CHG-2026-0418-114.{}.mail@acme.com>",
            change.alert_seq
        ),
        "Date: Wed, 15 Apr 2026 03:14:02 +0000".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
    ] {
        assert!(head.lines().any(|one| one == line), "{line} in {head}");
    }
    assert!(
        head.contains("Content-Type: text/plain; charset=utf-8"),
        "{head}"
    );
    let body = decoded(head, body);
    let reference = format!(
        "ledger: {} {}",
        change.alert_seq,
        hash(&house, change.alert_seq)
    );
    assert!(
        body.starts_with(&format!(
            "{BOX}\n\nasset:        acme-prod-customer-exports\n"
        )),
        "{body}"
    );
    assert!(body.trim_end().ends_with(&reference), "{body}");
    let said = server.said();
    for line in [
        "MAIL FROM:<sixfold@acme.com>",
        "RCPT TO:<audit@acme.com>",
        "RCPT TO:<ciso@acme.com>",
    ] {
        assert!(said.iter().any(|one| one.starts_with(line)), "{said:?}");
    }
    house.close().await;
}

/// A body by its transfer encoding, through Python's mail library.
fn decoded(head: &str, body: &str) -> String {
    const READ: &str = "
import email, sys
from email import policy
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy.default)
sys.stdout.buffer.write(mail.get_content().encode())
";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, format!("{head}\n\n{body}")).unwrap();
    let ran = Command::new(python())
        .args(["-c", READ])
        .stdin(std::fs::File::open(file.path()).unwrap())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_password_nor_mail_goes_to_a_server_that_offers_no_tls_where_tls_is_wanted() {
    let server = Mailbox::start(&["AUTH PLAIN"]).await;
    let house = house(true, |config| {
        config.channels.email = vec![mail(&server, MailTls::Starttls)];
    })
    .await;
    let change = house.until_closed(RULE, WALKTHROUGH).await;
    assert_eq!(change.outcome(), Some(Outcome::Remediated));
    failing(&house, "mail").await;
    assert!(server.mails().is_empty());
    let said = server.said();
    let told = |word: &str| {
        said.iter()
            .any(|line| line.to_uppercase().starts_with(word))
    };
    assert!(told("EHLO") && !told("AUTH") && !told("MAIL"), "{said:?}");
    house.close().await;
}

fn pager(receiver: &Receiver, after_rounds: u32) -> PagerDuty {
    PagerDuty {
        routing_key: Secret::new("PAGERSECRET"),
        url: receiver.url(),
        after_rounds,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_decides_in_time_is_paged_for_and_who_does_not_is_until_the_change_closes() {
    let receiver = Receiver::start().await;
    let house = house(false, |config| {
        config.channels.pagerduty = Some(pager(&receiver, 2));
    })
    .await;
    let asked = house.until_asked(RULE, WALKTHROUGH).await;
    let round = |wanted: u32| {
        move |house: &House| {
            house.room.engine.tick();
            let change = house.change(asked.id);
            let round = change.request.as_ref()?.round;
            (round == wanted && change.stage == Stage::AwaitingApproval).then_some(change)
        }
    };
    house
        .clock
        .set(house.room.engine.now() + TimeDelta::hours(2));
    house.until("round two", round(2)).await;
    assert!(receiver.got().is_empty(), "one round may pass");
    house
        .clock
        .set(house.room.engine.now() + TimeDelta::hours(2));
    let change = house.until("round three", round(3)).await;
    house
        .until("somebody is paged", |_| {
            (!receiver.got().is_empty()).then_some(())
        })
        .await;
    let entry = house
        .entries()
        .into_iter()
        .find(|entry| matches!(entry.fact, Fact::Paging(_)))
        .unwrap();
    let page = receiver.bodies().remove(0);
    let details = &page["payload"]["custom_details"];
    assert_eq!(
        page,
        json!({
            "routing_key": "PAGERSECRET",
            "event_action": "trigger",
            "dedup_key": "CHG-2026-0418-114",
            "client": "sixfold",
            "payload": {
                "summary": "CHG-2026-0418-114: acme-prod-customer-exports: nobody decided in 2 rounds of asking",
                "source": "acme-prod-customer-exports",
                "severity": "error",
                "timestamp": "2026-04-15T07:12:47.000Z",
                "component": "s3",
                "group": "prod",
                "class": RULE,
                "custom_details": {
                    "violation": "CIS 1.20 public-read bucket",
                    "account": "111122223333",
                    "region": "us-east-1",
                    "owner": "platform-security@acme.com",
                    "stage": details["stage"],
                    "ledger": format!("{} {}", entry.seq, hash(&house, entry.seq)),
                    "note": "an acknowledgement here decides nothing: approve or deny in sixfold",
                },
            },
        })
    );
    // It was answered with 200, and that decided nothing.
    assert_eq!(house.change(change.id).stage, Stage::AwaitingApproval);
    assert!(change.approval.is_none());

    house.approve(&change, Via::Cli).await.unwrap();
    house.until_stage(change.id, Stage::Closed).await;
    house
        .until("the page is resolved", |_| {
            (receiver.got().len() == 2).then_some(())
        })
        .await;
    assert_eq!(
        receiver.bodies()[1],
        json!({
            "routing_key": "PAGERSECRET",
            "event_action": "resolve",
            "dedup_key": "CHG-2026-0418-114",
        })
    );
    let text = house
        .entries()
        .iter()
        .map(|entry| serde_json::to_string(entry).unwrap())
        .collect::<String>();
    assert!(!text.contains("PAGERSECRET"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_halts_pages_and_its_release_resolves() {
    let receiver = Receiver::start().await;
    let sandbox = walkthrough_sandbox().await;
    sandbox.state().patch(WALKTHROUGH, in_dev).unwrap();
    let no_vault = FaultRule::new(FaultKind::Denied).on("PutObject").of(VAULT);
    sandbox.faults().add(no_vault);
    let house = open(sandbox, |config| {
        config.channels.pagerduty = Some(pager(&receiver, 1));
    })
    .await;
    let halted = house
        .until("the change has halted", |house| {
            house
                .change_on(RULE, WALKTHROUGH)
                .filter(|change| change.stage == Stage::Halted)
        })
        .await;
    house
        .until("somebody is paged", |_| {
            (!receiver.got().is_empty()).then_some(())
        })
        .await;
    let page = receiver.bodies().remove(0);
    assert_eq!(page["event_action"], "trigger");
    assert_eq!(page["dedup_key"], halted.id.to_string());
    let summary = page["payload"]["summary"].as_str().unwrap();
    let begin = format!("{}: acme-prod-customer-exports: halted: ", halted.id);
    assert!(summary.starts_with(&begin), "{summary}");
    house
        .room
        .engine
        .release(&nina(Via::Cli), RULE, WALKTHROUGH)
        .await
        .unwrap();
    house
        .until("the page is resolved", |_| {
            (receiver.got().len() == 2).then_some(())
        })
        .await;
    assert_eq!(receiver.bodies()[1]["event_action"], "resolve");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_observe_mode_nothing_is_pushed_or_paged() {
    let receiver = Receiver::start().await;
    let house = house(true, |config| {
        config.mode = Mode::Observe;
        config.channels.webhooks = vec![hook(WebhookKind::Slack, &receiver)];
        config.channels.pagerduty = Some(pager(&receiver, 1));
    })
    .await;
    house
        .until("a pass is over", |house| {
            house.room.watch.status().last_full_pass
        })
        .await;
    assert_eq!(house.room.engine.channels(), ["compliance-log"]);
    assert!(receiver.got().is_empty());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_has_every_channel_take_a_test_message_and_wakes_nobody() {
    let (slack, signed, pages) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let server = Mailbox::start(&["AUTH PLAIN"]).await;
    let folder = tempfile::tempdir().unwrap();
    let sandbox = walkthrough_sandbox().await;
    let mut config = house::config(&sandbox, folder.path());
    let secret = format!("whsec_{}", STANDARD.encode([3_u8; 32]));
    let key = SigningKey::parse(&secret).unwrap();
    config.channels.webhooks = vec![
        hook(WebhookKind::Slack, &slack),
        Webhook {
            name: "siem".to_owned(),
            ..hook(WebhookKind::Standard(vec![key]), &signed)
        },
    ];
    config.channels.email = vec![mail(&server, MailTls::Off)];
    config.channels.pagerduty = Some(pager(&pages, 1));
    let told = doctor::tell(&config).await;
    let all_well = told.iter().all(|finding| finding.grade == Grade::Good);
    assert!(all_well && told.len() == 4, "{told:?}");
    let text = slack.bodies()[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("test message"), "{text}");
    assert_eq!(signed.bodies()[0]["type"], "doctor.test");
    assert!(server.mails()[0].contains("Nothing happened"));
    let told_of = &pages.bodies()[0];
    assert_eq!(told_of["event_action"], "resolve");
    assert_eq!(told_of["dedup_key"], "sixfold-doctor");

    slack.answer_with([404]);
    let told = doctor::tell(&config).await;
    assert_eq!(told[0].grade, Grade::Bad);
    assert!(told[0].text.starts_with("audit (slack): "), "{told:?}");
    assert!(
        told.iter()
            .skip(1)
            .all(|finding| finding.grade == Grade::Good)
    );
    sandbox.stop().await;
}
