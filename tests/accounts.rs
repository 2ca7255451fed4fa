//! Many accounts in one room: each entered by its own roles, with one that looks and one that writes, for
//! one change and in somebody's name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;

use std::path::Path;

use chrono::{TimeDelta, Utc};
use house::{House, nina, only_the_acl_rule, walkthrough_sandbox};
use serde_json::{Value, json};
use sixfold::{
    config::Config,
    domain::{
        Account, ChangeId, Fact, Stage, Via,
        artifact::{Outcome, Reason, ReasonCode},
    },
    room::{
        doctor, iam, library,
        protocol::{Finding, Grade},
    },
    sandbox::{
        AccountState, Call, FaultKind, FaultRule, Grant, Grantee, Member, NewBucket, Organization,
        Ownership, Permission, Role, Sandbox, Setting,
        estate::{VAULT, WALKTHROUGH},
    },
};

const NOW: &str = "2026-04-15T03:12:47Z";
const RULE: &str = "acl-public-read";
const PAYMENTS: &str = "222233334444";
const LABS: &str = "333344445555";
const KEEPER: &str = "999988887777";

const MEMBERS: &str = r#"
[members]
scanner_role = "sixfold-scanner"
remediator_role = "ops/sixfold-remediator"
external_id = "one-word"
"#;

const LISTED: &str = r#"
[[accounts]]
id = "222233334444"
[[accounts]]
id = "333344445555"
"#;

fn account(id: &str) -> Account {
    Account::try_from(id.to_owned()).unwrap()
}

fn scanner(id: &str) -> String {
    format!("arn:aws:iam::{id}:role/sixfold-scanner")
}

fn remediator(id: &str) -> String {
    format!("arn:aws:iam::{id}:role/ops/sixfold-remediator")
}

fn looks() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*" },
    ] })
}

/// Only who says for which change may write.
fn writes() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:Put*", "Resource": "*",
          "Condition": { "StringLike": { "aws:PrincipalTag/ticket": "CHG-*" } } },
    ] })
}

/// A bucket that everybody may read.
fn public(sandbox: &Sandbox, owner: &str, name: &str, region: &str, env: &str) {
    let mut bucket = NewBucket::of(&account(owner), name, region, Utc::now());
    bucket.settings.ownership = Some(Ownership::ObjectWriter);
    bucket.settings.public_access_block = None;
    let everybody = Grant::new(Grantee::AllUsers, Permission::Read);
    bucket.settings.acl.push(everybody);
    bucket.settings.tags = vec![("env".to_owned(), env.to_owned())];
    sandbox.state().insert(bucket);
}

fn roles(sandbox: &Sandbox, id: &str) {
    let own = &sandbox.options().owner.account;
    for role in [
        Role::new(&scanner(id), own)
            .with_external_id("one-word")
            .allowing(looks()),
        Role::new(&remediator(id), own)
            .with_external_id("one-word")
            .needing_source_identity()
            .allowing(writes()),
    ] {
        sandbox.state().insert_role(role).unwrap();
    }
}

/// The walkthrough's account and two more, one with a production bucket and one with a development one.
async fn sandbox() -> Sandbox {
    let sandbox = walkthrough_sandbox().await;
    public(&sandbox, PAYMENTS, "payments-exports", "us-east-1", "prod");
    public(&sandbox, LABS, "labs-scratch", "eu-west-1", "dev");
    roles(&sandbox, PAYMENTS);
    roles(&sandbox, LABS);
    sandbox
}

fn take(config: &mut Config, text: &str) {
    let typed = Config::parse(text, Path::new("sixfold.toml")).unwrap();
    config.members = typed.members;
    config.accounts = typed.accounts;
}

async fn house(sandbox: Sandbox, text: &str) -> House {
    House::open(sandbox, NOW, |config| {
        only_the_acl_rule(config);
        take(config, text);
    })
    .await
}

fn calls(house: &House, bucket: &str) -> Vec<Call> {
    let calls = house.sandbox.calls().recent().into_iter();
    calls.filter(|call| call.bucket == bucket).collect()
}

/// The writes on a bucket: by which session, and in whose name.
fn writers(house: &House, bucket: &str) -> Vec<(String, String)> {
    let writes = calls(house, bucket).into_iter();
    writes
        .filter(|call| call.succeeded() && call.operation.starts_with("Put"))
        .map(|call| {
            let caller = call.caller.unwrap();
            (
                caller.session.unwrap_or_default(),
                caller.source_identity.unwrap_or_default(),
            )
        })
        .collect()
}

fn session(id: &str, change: ChangeId) -> String {
    format!("arn:aws:sts::{id}:assumed-role/sixfold-remediator/sixfold-{change}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_accounts_bucket_is_fixed_and_put_back_in_the_names_of_those_who_said_so() {
    let house = house(sandbox().await, &format!("{MEMBERS}{LISTED}")).await;
    let change = house.until_asked(RULE, "payments-exports").await;
    assert_eq!(change.ticket.asset.account, account(PAYMENTS));
    house.approve(&change, Via::Tap).await.unwrap();
    let closed = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Remediated));
    let by_nina = (session(PAYMENTS, change.id), "nina.ramirez".to_owned());
    assert_eq!(
        writers(&house, "payments-exports"),
        std::slice::from_ref(&by_nina)
    );

    // Whatever else the role may do, this session could make this one write and nothing else.
    let writes = calls(&house, "payments-exports").into_iter();
    let narrowed: Vec<Value> = writes
        .filter(|call| call.operation.starts_with("Put"))
        .map(|call| call.caller.unwrap().narrowed_by.unwrap())
        .map(|policy| serde_json::from_str(&policy).unwrap())
        .collect();
    let only = json!([{
        "Effect": "Allow",
        "Action": ["s3:PutBucketAcl"],
        "Resource": "arn:aws:s3:::payments-exports",
    }]);
    assert_eq!(narrowed.len(), 1);
    assert_eq!(narrowed[0]["Statement"], only);

    // Outside production nobody was asked, and that is said too.
    let labs = house.until_closed(RULE, "labs-scratch").await;
    let by_policy = (session(LABS, labs.id), "policy".to_owned());
    assert_eq!(writers(&house, "labs-scratch"), [by_policy]);

    // Whoever looks never writes, and whoever writes looks at nothing.
    for call in calls(&house, "payments-exports") {
        let session = call.caller.unwrap().session.unwrap();
        let looks = session.ends_with("assumed-role/sixfold-scanner/sixfold-scan");
        assert_eq!(looks, !call.operation.starts_with("Put"), "{session}");
    }

    let reason = Reason {
        code: ReasonCode::BusinessNeed,
        note: String::new(),
    };
    let ravi = sixfold::engine::Caller {
        actor: sixfold::domain::Actor::person("ravi.patel").unwrap(),
        ..nina(Via::Cli)
    };
    let engine = &house.room.engine;
    engine.revert(&ravi, change.id, reason).await.unwrap();
    house
        .until("it is put back", |house| {
            let change = house.change(change.id);
            change.word().contains("reverted").then_some(())
        })
        .await;
    let by_ravi = (session(PAYMENTS, change.id), "ravi.patel".to_owned());
    assert_eq!(writers(&house, "payments-exports"), [by_nina, by_ravi]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_cannot_be_entered_is_named_and_holds_up_no_other() {
    let sandbox = sandbox().await;
    let house = house(sandbox, &format!("{MEMBERS}{LISTED}")).await;
    house.until_asked(RULE, "payments-exports").await;
    // The first pass asks as it goes; the other account may still be before it.
    house.another_pass().await;
    let known = house.room.engine.store.tallies_by_account().unwrap();
    assert!(
        known.contains_key(PAYMENTS) && known.contains_key(LABS),
        "{known:?}"
    );

    assert!(house.sandbox.state().remove_role(&scanner(PAYMENTS)));
    // What the session of before may not do any more is refused as well.
    house.another_pass().await;
    house.another_pass().await;
    let trouble = house.room.watch.missed().unwrap();
    assert!(
        trouble.starts_with(&format!("account {PAYMENTS}: ")) && trouble.contains("Denied"),
        "{trouble}"
    );
    // What is known of it stays, and so does what waits for a person there.
    let still = house.room.engine.store.tallies_by_account().unwrap();
    assert_eq!(
        known.keys().collect::<Vec<_>>(),
        still.keys().collect::<Vec<_>>()
    );
    let change = house.change_on(RULE, "payments-exports").unwrap();
    assert_eq!(change.stage, Stage::AwaitingApproval);

    // The others are looked at as ever.
    public(&house.sandbox, LABS, "labs-more", "eu-west-1", "dev");
    house.another_pass().await;
    house.until_closed(RULE, "labs-more").await;

    roles(&house.sandbox, PAYMENTS);
    house.another_pass().await;
    assert_eq!(house.room.watch.missed(), None);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_role_that_writes_a_change_halts_before_anything_is_begun() {
    let sandbox = sandbox().await;
    assert!(sandbox.state().remove_role(&remediator(PAYMENTS)));
    let house = house(sandbox, &format!("{MEMBERS}{LISTED}")).await;
    let change = house.until_asked(RULE, "payments-exports").await;
    house.approve(&change, Via::Tui).await.unwrap();
    let halted = house.until_stage(change.id, Stage::Halted).await;
    let cause = halted.fix.unwrap().cause.unwrap();
    assert!(cause.contains("AssumeRole: AccessDenied"), "{cause}");
    assert!(cause.contains(&remediator(PAYMENTS)), "{cause}");
    let entries = house.room.engine.store.entries_of(change.id).unwrap();
    let begun = |fact: &Fact| matches!(fact, Fact::FixIntent { .. });
    assert!(!entries.iter().any(|recorded| begun(&recorded.entry.fact)));
    assert_eq!(writers(&house, "payments-exports"), []);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_outside_the_regions_that_are_named_are_left_alone() {
    let sandbox = sandbox().await;
    public(&sandbox, PAYMENTS, "payments-paris", "eu-west-3", "prod");
    let text = format!("{MEMBERS}regions = [\"us-east-1\"]\n{LISTED}");
    let house = house(sandbox, &text).await;
    house.until_asked(RULE, "payments-exports").await;
    house.another_pass().await;
    assert!(house.change_on(RULE, "payments-paris").is_none());
    assert!(house.change_on(RULE, "labs-scratch").is_none());
    assert_eq!(calls(&house, "payments-paris"), []);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_says_which_accounts_there_are() {
    let sandbox = sandbox().await;
    let own = sandbox.options().owner.account.clone();
    let of = |id: &str, state: AccountState| Member {
        state,
        ..Member::active(&account(id), "some")
    };
    let organization = |labs: AccountState| Organization {
        // An empty page is not the last one.
        pages: vec![1, 0, 1],
        ..Organization::new(
            &own,
            vec![of(PAYMENTS, AccountState::Active), of(LABS, labs)],
        )
    };
    let state = sandbox.state().clone();
    state.set_organization(Some(organization(AccountState::Suspended)));
    let house = house(sandbox, &format!("{MEMBERS}organization = true\n")).await;
    house.until_asked(RULE, "payments-exports").await;
    house.another_pass().await;
    assert!(house.change_on(RULE, "labs-scratch").is_none());

    // One that comes is looked at from the next pass on.
    state.set_organization(Some(organization(AccountState::Active)));
    house.another_pass().await;
    house.until_closed(RULE, "labs-scratch").await;

    // Where it can't say, those of before are looked at, and that it can't is said.
    state.set_organization(None);
    public(&house.sandbox, LABS, "labs-more", "eu-west-1", "dev");
    house.another_pass().await;
    house.until_closed(RULE, "labs-more").await;
    let trouble = house.room.watch.missed().unwrap();
    assert!(
        trouble.starts_with("the organisation: ListAccounts"),
        "{trouble}"
    );
    let known = house.room.engine.store.tallies_by_account().unwrap();
    assert!(known.contains_key(PAYMENTS) && known.contains_key(LABS));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_account_may_have_a_role_that_writes_too_and_the_vault_one_of_its_own() {
    let sandbox = walkthrough_sandbox().await;
    let own = sandbox.options().owner.account.clone();
    roles(&sandbox, own.as_str());
    let keeper = format!("arn:aws:iam::{KEEPER}:role/sixfold-vault");
    let backups = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"],
          "Resource": "arn:aws:s3:::audit-vault/CHG-*" },
        { "Effect": "Allow",
          "Action": ["s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", "s3:GetBucketObjectLockConfiguration"],
          "Resource": "arn:aws:s3:::audit-vault" },
    ] });
    let role = Role::new(&keeper, &own).allowing(backups);
    sandbox.state().insert_role(role).unwrap();
    // As the demo's vault is, in an account that does nothing else.
    let mut vault = NewBucket::of(&account(KEEPER), "audit-vault", "us-east-1", Utc::now());
    let as_is = sandbox.state().settings(VAULT).unwrap();
    vault.settings = sixfold::sandbox::BucketSettings {
        acl: vault.settings.acl,
        ..as_is
    };
    sandbox.state().insert(vault);
    let text = format!(
        "[vault]\nbucket = \"audit-vault\"\nrole_arn = \"{keeper}\"\n\
         [[accounts]]\nid = \"{own}\"\nremediator_role = \"ops/sixfold-remediator\"\nexternal_id = \"one-word\"\n"
    );
    let house = House::open(sandbox, NOW, |config| {
        only_the_acl_rule(config);
        config.vault = Config::parse(&text, Path::new("sixfold.toml"))
            .unwrap()
            .vault;
        take(config, &text);
    })
    .await;
    let change = house.until_asked(RULE, WALKTHROUGH).await;
    house.approve(&change, Via::Tui).await.unwrap();
    let closed = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Remediated));
    let by_nina = (session(own.as_str(), change.id), "nina.ramirez".to_owned());
    assert_eq!(writers(&house, WALKTHROUGH), [by_nina]);
    let kept = calls(&house, "audit-vault");
    assert!(kept.iter().any(|call| call.operation == "PutObject"));
    for call in kept {
        let session = call.caller.unwrap().session.unwrap();
        assert!(session.contains("assumed-role/sixfold-vault/"), "{session}");
    }
    house.close().await;
}

fn found<'a>(findings: &'a [Finding], subject: &str) -> Vec<(Grade, &'a str)> {
    let about = findings.iter().filter(|finding| finding.subject == subject);
    about
        .map(|finding| (finding.grade, finding.text.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tries_each_accounts_roles_and_the_clock() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = house::config(&sandbox, folder.path());
    take(&mut config, &format!("{MEMBERS}{LISTED}"));
    let findings = doctor::look(&config).await;
    for id in [PAYMENTS, LABS] {
        let said = found(&findings, &format!("account {id}"));
        assert_eq!(said.len(), 1, "{said:?}");
        let (grade, text) = said[0];
        assert_eq!(grade, Grade::Good);
        assert!(
            text.contains("1 buckets")
                && text.contains(&format!("{} looks, {} writes", scanner(id), remediator(id))),
            "{text}"
        );
    }
    assert_eq!(found(&findings, "clock")[0].0, Grade::Good);
    // Nothing was written by trying.
    assert_eq!(sandbox.calls().all_writes(), 0);

    // A role that wants another word, and one that lets nobody be named.
    let own = sandbox.options().owner.account.clone();
    let other = Role::new(&scanner(PAYMENTS), &own).with_external_id("another");
    sandbox.state().insert_role(other).unwrap();
    let mut nameless = Role::new(&remediator(LABS), &own).with_external_id("one-word");
    nameless.source_identity = sixfold::sandbox::SourceIdentity::Refused;
    sandbox.state().insert_role(nameless).unwrap();
    sandbox.set_date_offset(TimeDelta::minutes(-3));
    let findings = doctor::look(&config).await;
    let payments = found(&findings, &format!("account {PAYMENTS}"));
    assert_eq!(payments[0].0, Grade::Bad);
    assert!(
        payments[0].1.contains("AssumeRole: AccessDenied"),
        "{payments:?}"
    );
    assert!(payments[0].1.contains("--print-iam"), "{payments:?}");
    let labs = found(&findings, &format!("account {LABS}"));
    assert_eq!(labs[0].0, Grade::Good);
    assert!(
        labs[1].1.starts_with("nothing can be written there"),
        "{labs:?}"
    );
    assert_eq!(labs[1].0, Grade::Bad);
    let clock = found(&findings, "clock");
    assert_eq!(clock[0].0, Grade::Bad);
    assert!(clock[0].1.contains("ahead of"), "{clock:?}");
    sandbox.stop().await;
}

/// A role as `--print-iam` prints it, in the sandbox.
fn as_printed(sandbox: &Sandbox, holder: &iam::Holder) {
    let statements = holder.policies.values().flat_map(|policy| {
        let statements = policy["Statement"].as_array().unwrap();
        statements.iter().cloned()
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() });
    let own = &sandbox.options().owner.account;
    let role = Role::new(&holder.identity, own).with_external_id("one-word");
    sandbox.state().insert_role(role.allowing(policy)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_policies_are_enough_for_a_room_with_every_rule() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = house::config(&sandbox, folder.path());
    take(&mut config, &format!("{MEMBERS}{LISTED}"));
    let library = library(&config).unwrap();
    let own = iam::Own {
        account: &sandbox.options().owner.account,
        identity: &sixfold::domain::Identity::default(),
        region: "us-east-1",
    };
    let holders = iam::holders(&config, &library, &own);
    let roles: Vec<_> = holders.iter().filter(|it| it.trust.is_some()).collect();
    assert_eq!(roles.len(), 4);
    for role in roles {
        as_printed(&sandbox, role);
    }
    let house = House::open_in(sandbox, folder, NOW, |config| {
        take(config, &format!("{MEMBERS}{LISTED}"));
    })
    .await;
    house.until_quiet().await;
    let refused: Vec<_> = house
        .sandbox
        .calls()
        .recent()
        .into_iter()
        .filter(|call| call.status == 403)
        .collect();
    assert_eq!(refused, []);
    let fixed = house.change_on(RULE, "payments-exports");
    assert!(fixed.is_none() || fixed.unwrap().stage == Stage::Closed);
    assert!(
        house
            .sandbox
            .calls()
            .writes("payments-exports", Setting::PublicAccessBlock)
            > 0
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_role_is_asked_for_again_and_the_change_goes_through() {
    let sandbox = sandbox().await;
    let house = house(sandbox, &format!("{MEMBERS}{LISTED}")).await;
    let change = house.until_asked(RULE, "payments-exports").await;
    let role = remediator(PAYMENTS);
    house.sandbox.faults().add(
        FaultRule::new(FaultKind::SlowDown)
            .on("AssumeRole")
            .of(&role)
            .times(2),
    );
    house.approve(&change, Via::Tui).await.unwrap();
    let closed = house.until_stage(change.id, Stage::Closed).await;
    assert_eq!(closed.outcome(), Some(Outcome::Remediated));
    let by_nina = (session(PAYMENTS, change.id), "nina.ramirez".to_owned());
    assert_eq!(writers(&house, "payments-exports"), [by_nina]);
    let asked = calls(&house, &role).into_iter();
    let asked: Vec<_> = asked.map(|call| call.status).collect();
    assert_eq!(asked.last(), Some(&200));
    assert!(asked.len() > 2, "{asked:?}");
    house.close().await;
}
