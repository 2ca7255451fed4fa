//! What a room with many accounts meets: becoming a role with STS, what a session may, and which
//! accounts an organisation has. The real `aws` command asks; where every action is gone through, the SDK does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use aws_sdk_s3::types as s3;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Keys, Ran, aws, aws_control_with, aws_with, client_with, refusal};
use serde_json::{Value, json};
use sixfold::{
    domain::Account,
    sandbox::{
        AccountState, Caller, Clock, FaultKind, FaultRule, KmsKey, Member, NewBucket, Organization,
        Party, Role, RoleError, Sandbox, SandboxOptions, SourceIdentity,
    },
};

/// The account of the roles. It has no key of its own.
const MEMBER: &str = "222233334444";
const ROLE: &str = "arn:aws:iam::222233334444:role/sixfold/sixfold-remediator";
const SESSION: &str =
    "arn:aws:sts::222233334444:assumed-role/sixfold-remediator/sixfold-CHG-2026-0418-114";

fn account(id: &str) -> Account {
    Account::try_from(id.to_owned()).unwrap()
}

/// A sandbox with a bucket of three accounts: the owner's `home`, `member` and `third`.
async fn sandbox() -> Sandbox {
    with_clock(Clock::system()).await
}

async fn with_clock(clock: Clock) -> Sandbox {
    let options = SandboxOptions {
        clock,
        ..SandboxOptions::default().with_another_account()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let home = sandbox.options().owner.account.clone();
    for (owner, name) in [
        (home, "home"),
        (account(MEMBER), "member"),
        (account("333344445555"), "third"),
    ] {
        let bucket = NewBucket::of(&owner, name, "us-east-1", Utc::now());
        sandbox.state().insert(bucket);
    }
    sandbox
}

fn owner(sandbox: &Sandbox) -> Party {
    sandbox.options().owner.clone()
}

/// The role of these tests, trusted by the owner's account.
fn role(sandbox: &Sandbox) -> Role {
    Role::new(ROLE, &owner(sandbox).account)
}

const NAMED: &[&str] = &[
    "assume-role",
    "--role-arn",
    ROLE,
    "--role-session-name",
    "sixfold-CHG-2026-0418-114",
];

/// `aws sts assume-role` as somebody.
async fn assume(sandbox: &Sandbox, keys: &Keys, more: &[&str]) -> Ran {
    aws_with(sandbox, keys, "sts", &[NAMED, more].concat()).await
}

fn keys(answer: &Value) -> Keys {
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    Keys {
        id: text("AccessKeyId"),
        secret: text("SecretAccessKey"),
        token: Some(text("SessionToken")),
    }
}

/// The keys of a session of the role, got with the owner's.
async fn session(sandbox: &Sandbox, more: &[&str]) -> Keys {
    let owner = Keys::from(&owner(sandbox));
    keys(&assume(sandbox, &owner, more).await.json())
}

/// An identity policy that allows these actions on everything.
fn allow(actions: &[&str]) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn said(ran: &Ran, code: &str, words: &str) {
    assert_eq!(ran.code(), code, "{}", ran.stderr);
    assert!(ran.stderr.contains(words), "{words} not in {}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_command_becomes_a_role_of_another_account_and_the_log_says_who_did_what() {
    let sandbox = sandbox().await;
    let role = role(&sandbox).with_external_id("acme-17");
    sandbox
        .state()
        .insert_role(role.needing_source_identity())
        .unwrap();
    let owner = owner(&sandbox);
    let me = aws(&sandbox, &owner, "sts", &["get-caller-identity"])
        .await
        .json();
    assert_eq!(me["Account"], "111122223333");
    assert_eq!(me["Arn"], "arn:aws:iam::111122223333:user/sandbox");

    let more = [
        "--external-id",
        "acme-17",
        "--source-identity",
        "nina.ramirez",
    ];
    let answer = assume(&sandbox, &Keys::from(&owner), &more).await.json();
    assert_eq!(answer["AssumedRoleUser"]["Arn"], SESSION);
    assert_eq!(answer["SourceIdentity"], "nina.ramirez");
    let ends = answer["Credentials"]["Expiration"].as_str().unwrap();
    let lasts = ends.parse::<DateTime<Utc>>().unwrap() - Utc::now();
    assert!((3_500..=3_600).contains(&lasts.num_seconds()), "{lasts}");
    let keys = keys(&answer);

    let me = aws_with(&sandbox, &keys, "sts", &["get-caller-identity"])
        .await
        .json();
    assert_eq!(me["Account"], MEMBER);
    assert_eq!(me["Arn"], SESSION);
    assert_eq!(me["UserId"], answer["AssumedRoleUser"]["AssumedRoleId"]);
    let listed = aws_with(&sandbox, &keys, "s3api", &["list-buckets"])
        .await
        .json();
    let names = listed["Buckets"].as_array().unwrap();
    assert_eq!(names.len(), 1);
    assert_eq!(names[0]["Name"], "member");
    let tags = |bucket| {
        let set = ["--tagging", "TagSet=[{Key=env,Value=prod}]"];
        [&["put-bucket-tagging", "--bucket", bucket], &set[..]].concat()
    };
    assert!(
        aws_with(&sandbox, &keys, "s3api", &tags("member"))
            .await
            .is_silent()
    );
    for other in ["home", "third"] {
        let refused = aws_with(&sandbox, &keys, "s3api", &tags(other)).await;
        said(&refused, "AccessDenied", "Access Denied");
    }
    assert!(
        aws(&sandbox, &owner, "s3api", &tags("home"))
            .await
            .is_silent()
    );

    let calls = sandbox.calls().recent();
    let who = |operation: &str, bucket: &str| {
        let mut calls = calls.iter().rev();
        let call = calls.find(|it| it.operation == operation && it.bucket == bucket);
        call.unwrap().caller.clone().unwrap()
    };
    let remediator = Caller {
        account: account(MEMBER),
        session: Some(SESSION.to_owned()),
        source_identity: Some("nina.ramirez".to_owned()),
        narrowed_by: None,
    };
    let at_home = Caller {
        account: owner.account.clone(),
        session: None,
        source_identity: None,
        narrowed_by: None,
    };
    assert_eq!(who("PutBucketTagging", "member"), remediator);
    assert_eq!(who("PutBucketTagging", "third"), remediator);
    assert_eq!(who("GetCallerIdentity", ""), remediator);
    assert_eq!(who("PutBucketTagging", "home"), at_home);
    assert_eq!(who("AssumeRole", ROLE), at_home);
    assert_eq!(sandbox.calls().count("AssumeRole", ROLE), 1);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_refused_in_the_words_of_sts() {
    let sandbox = sandbox().await;
    let owner = Keys::from(&owner(&sandbox));
    let stranger = Keys::from(&sandbox.options().other.clone().unwrap());
    let plain = role(&sandbox).with_external_id("acme-17");
    let not = |action: &str| {
        format!(
            "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: {action} on resource: {ROLE}"
        )
    };
    said(
        &assume(&sandbox, &owner, &[]).await,
        "AccessDenied",
        &not("sts:AssumeRole"),
    );
    sandbox.state().insert_role(plain.clone()).unwrap();
    for given in [&[][..], &["--external-id", "acme-18"]] {
        let refused = assume(&sandbox, &owner, given).await;
        said(&refused, "AccessDenied", &not("sts:AssumeRole"));
    }
    let right = ["--external-id", "acme-17"];
    let refused = assume(&sandbox, &stranger, &right).await;
    said(
        &refused,
        "AccessDenied",
        "User: arn:aws:iam::444455556666:user/sandbox is not authorized to perform: sts:AssumeRole",
    );

    let named = [&right[..], &["--source-identity", "nina"]].concat();
    let tagged = [
        &right[..],
        &["--tags", "Key=ticket,Value=CHG-2026-0418-114"],
    ]
    .concat();
    let closed = Role {
        source_identity: SourceIdentity::Refused,
        lets_tag: false,
        ..plain.clone()
    };
    sandbox.state().insert_role(closed).unwrap();
    said(
        &assume(&sandbox, &owner, &named).await,
        "AccessDenied",
        &not("sts:SetSourceIdentity"),
    );
    said(
        &assume(&sandbox, &owner, &tagged).await,
        "AccessDenied",
        &not("sts:TagSession"),
    );
    sandbox
        .state()
        .insert_role(plain.needing_source_identity())
        .unwrap();
    said(
        &assume(&sandbox, &owner, &right).await,
        "AccessDenied",
        &not("sts:AssumeRole"),
    );
    let all = [&named[..], &tagged[2..]].concat();
    assert!(assume(&sandbox, &owner, &all).await.ok);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sts_does_not_take_it_names() {
    let sandbox = sandbox().await;
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    let owner = Keys::from(&owner(&sandbox));
    let long = "n".repeat(65);
    let large = allow(&["s3:GetObject"; 150]).to_string();
    assert!(large.len() > 2_048);
    let condition = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}]})
    .to_string();
    for (more, code, words) in [
        (
            &["--role-session-name", &long][..],
            "ValidationError",
            "at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64",
        ),
        (
            &["--role-session-name", "a change"],
            "ValidationError",
            "'a change' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
        (
            &["--source-identity", &long, "--duration-seconds", "43201"],
            "ValidationError",
            "2 validation errors detected: ",
        ),
        (
            &["--source-identity", "nina ramirez"],
            "ValidationError",
            "at 'sourceIdentity'",
        ),
        (
            &["--duration-seconds", "7200"],
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        (
            &["--policy", "{"],
            "MalformedPolicyDocument",
            "invalid Json",
        ),
        (
            &[
                "--policy",
                r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "member"}}"#,
            ],
            "MalformedPolicyDocument",
            "must be in ARN format",
        ),
        (
            &["--policy", &large],
            "PackedPolicyTooLarge",
            "% of allotted space",
        ),
        (
            &["--policy", &condition],
            "NotImplemented",
            "aws:RequestedRegion",
        ),
        (
            &[
                "--policy-arns",
                "arn=arn:aws:iam::aws:policy/ReadOnlyAccess",
            ],
            "NotImplemented",
            "PolicyArns",
        ),
        (
            &["--tags", "Key=ticket,Value=1", "Key=Ticket,Value=2"],
            "InvalidParameterValue",
            "Duplicate tag keys found",
        ),
    ] {
        said(&assume(&sandbox, &owner, more).await, code, words);
    }
    let other = aws_with(&sandbox, &owner, "sts", &["get-session-token"]).await;
    said(&other, "NotImplemented", "GetSessionToken");

    let refused = sandbox
        .state()
        .insert_role(role(&sandbox).allowing(condition));
    assert!(
        matches!(refused, Err(RoleError::Policy { .. })),
        "{refused:?}"
    );
    let refused = sandbox
        .state()
        .insert_role(Role::new("sixfold-remediator", &account(MEMBER)));
    assert!(
        matches!(refused, Err(RoleError::NotARole(_))),
        "{refused:?}"
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_may_what_its_role_and_its_own_policy_both_allow() {
    let sandbox = sandbox().await;
    let bucket = NewBucket::of(&account(MEMBER), "member-2", "us-east-1", Utc::now());
    sandbox.state().insert(bucket);
    let of_role = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutBucket*", "s3:ListAllMyBuckets"], "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:PutBucketPolicy", "Resource": "*"},
    ]});
    sandbox
        .state()
        .insert_role(role(&sandbox).allowing(of_role))
        .unwrap();
    let narrow = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:*BucketTagging", "s3:DeleteBucket", "s3:PutBucketPolicy"],
         "Resource": "arn:aws:s3:::member"}]})
    .to_string();
    let wide = session(&sandbox, &[]).await;
    let owner = Keys::from(&owner(&sandbox));
    let answer = assume(&sandbox, &owner, &["--policy", &narrow])
        .await
        .json();
    assert!(answer["PackedPolicySize"].as_u64().unwrap() > 1);
    let narrow = keys(&answer);

    let s3 = async |keys: &Keys, args: &[&str]| aws_with(&sandbox, keys, "s3api", args).await;
    let tag = |bucket| {
        let tagging = ["--tagging", "TagSet=[{Key=env,Value=prod}]"];
        [&["put-bucket-tagging", "--bucket", bucket], &tagging[..]].concat()
    };
    assert!(s3(&wide, &tag("member-2")).await.is_silent());
    assert!(s3(&narrow, &tag("member")).await.is_silent());
    said(
        &s3(&narrow, &tag("member-2")).await,
        "AccessDenied",
        &format!(
            "User: {SESSION} is not authorized to perform: s3:PutBucketTagging on resource: \
             \"arn:aws:s3:::member-2\" because no session policy allows the s3:PutBucketTagging action"
        ),
    );
    said(
        &s3(&narrow, &["get-bucket-acl", "--bucket", "member"]).await,
        "AccessDenied",
        "because no session policy allows the s3:GetBucketAcl action",
    );
    said(
        &s3(&narrow, &["list-buckets"]).await,
        "AccessDenied",
        "s3:ListAllMyBuckets on resource: \"*\"",
    );
    for keys in [&wide, &narrow] {
        said(
            &s3(keys, &["delete-bucket", "--bucket", "member"]).await,
            "AccessDenied",
            "because no identity-based policy allows the s3:DeleteBucket action",
        );
    }
    let policy = ["put-bucket-policy", "--bucket", "member", "--policy", "{}"];
    said(
        &s3(&narrow, &policy).await,
        "AccessDenied",
        "with an explicit deny in an identity-based policy",
    );

    // What the role may is asked anew with each call.
    sandbox
        .state()
        .insert_role(role(&sandbox).allowing(allow(&["s3:Get*"])))
        .unwrap();
    let refused = s3(&wide, &tag("member")).await;
    said(&refused, "AccessDenied", "no identity-based policy allows");
    assert!(sandbox.state().remove_role(ROLE));
    assert_eq!(
        s3(&wide, &["get-bucket-acl", "--bucket", "member"])
            .await
            .code(),
        "AccessDenied"
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_can_ask_for_a_ticket_and_for_its_own_account() {
    let sandbox = sandbox().await;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringLike": {"aws:PrincipalTag/ticket": "CHG-*"},
                       "StringEquals": {"aws:ResourceAccount": MEMBER}}}]});
    sandbox
        .state()
        .insert_role(role(&sandbox).allowing(policy))
        .unwrap();
    let open = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "s3:*",
         "Resource": "arn:aws:s3:::third"}]});
    let theirs = |settings: &mut sixfold::sandbox::BucketSettings| {
        settings.policy = Some(open.to_string());
    };
    sandbox.state().patch("third", theirs).unwrap();
    let get = async |keys: &Keys, bucket: &str| {
        let s3 = client_with(&sandbox, keys, "us-east-1");
        s3.get_bucket_versioning().bucket(bucket).send().await
    };
    let denied = (403, "AccessDenied".to_owned());
    let with = session(&sandbox, &["--tags", "Key=ticket,Value=CHG-2026-0418-114"]).await;
    get(&with, "member").await.unwrap();
    assert_eq!(
        refusal(get(&with, "third").await),
        denied,
        "another account's"
    );
    let other = session(&sandbox, &["--tags", "Key=ticket,Value=INC-1"]).await;
    assert_eq!(
        refusal(get(&other, "member").await),
        denied,
        "another ticket"
    );
    let without = session(&sandbox, &[]).await;
    assert_eq!(refusal(get(&without, "member").await), denied, "no ticket");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_the_sandboxs_clock_and_is_nothing_without_its_token() {
    let seconds = Arc::new(AtomicI64::new(1_776_222_767));
    let now = seconds.clone();
    let clock = move || DateTime::<Utc>::from_timestamp(now.load(Ordering::Relaxed), 0).unwrap();
    let sandbox = with_clock(Clock::new(clock)).await;
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    let keys = session(&sandbox, &["--duration-seconds", "900"]).await;
    let ask = async |keys: &Keys| {
        let get = ["get-bucket-acl", "--bucket", "member"];
        let s3 = aws_with(&sandbox, keys, "s3api", &get).await;
        let sts = aws_with(&sandbox, keys, "sts", &["get-caller-identity"]).await;
        (s3, sts)
    };
    let (s3, sts) = ask(&keys).await;
    assert!(s3.ok && sts.ok, "{s3:?} {sts:?}");

    let wrong = Keys {
        token: Some("IQoJb3JpZ2luX2Vjother".to_owned()),
        ..keys.clone()
    };
    let none = Keys {
        token: None,
        ..keys.clone()
    };
    let owners = Keys {
        token: keys.token.clone(),
        ..Keys::from(&owner(&sandbox))
    };
    let forged = Keys {
        secret: "another-secret".to_owned(),
        ..keys.clone()
    };
    for (keys, at_s3, at_sts) in [
        (&wrong, "InvalidToken", "InvalidClientTokenId"),
        (&none, "InvalidAccessKeyId", "InvalidClientTokenId"),
        (&owners, "InvalidToken", "InvalidClientTokenId"),
        (&forged, "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    ] {
        let (s3, sts) = ask(keys).await;
        assert_eq!((s3.code(), sts.code()), (at_s3, at_sts), "{keys:?}");
    }

    let s3 = client_with(&sandbox, &keys, "us-east-1");
    let put = s3.put_object().bucket("member").key("k");
    put.body(b"x".to_vec().into()).send().await.unwrap();
    let signed = s3.get_object().bucket("member").key("k");
    let hour = std::time::Duration::from_hours(1);
    let hour = aws_sdk_s3::presigning::PresigningConfig::expires_in(hour).unwrap();
    let address = signed.presigned(hour).await.unwrap().uri().to_owned();
    assert_eq!(visited(&address).await.0, 200);

    seconds.fetch_add(899, Ordering::Relaxed);
    assert!(ask(&keys).await.0.ok);
    seconds.fetch_add(1, Ordering::Relaxed);
    let (s3, sts) = ask(&keys).await;
    said(&s3, "ExpiredToken", "The provided token has expired.");
    said(
        &sts,
        "ExpiredToken",
        "The security token included in the request is expired",
    );
    assert_eq!(visited(&address).await.0, 400);
    let calls = sandbox.calls().recent();
    let refused = calls.iter().rfind(|call| call.status == 400).unwrap();
    assert_eq!(
        (refused.operation.as_str(), &refused.caller),
        ("GetObject", &None)
    );
    sandbox.stop().await;
}

/// The status and the date of an answer.
async fn visited(address: &str) -> (u16, DateTime<Utc>) {
    let address = address.to_owned();
    let visit = move || {
        let get = ureq::get(address)
            .config()
            .http_status_as_error(false)
            .build();
        let answer = get.call().unwrap();
        let date = answer.headers()["date"].to_str().unwrap();
        let date = DateTime::parse_from_rfc2822(date).unwrap().to_utc();
        (answer.status().as_u16(), date)
    };
    tokio::task::spawn_blocking(visit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_identity_stays_through_a_chain_of_roles() {
    let sandbox = sandbox().await;
    let next = "arn:aws:iam::333344445555:role/next";
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    sandbox
        .state()
        .insert_role(Role::new(next, &account(MEMBER)))
        .unwrap();
    let first = session(&sandbox, &["--source-identity", "nina"]).await;
    let chain = ["--role-arn", next, "--role-session-name", "sixfold-scan"];
    let go =
        async |keys: &Keys, more: &[&str]| assume(&sandbox, keys, &[&chain, more].concat()).await;

    let second = go(&first, &[]).await.json();
    assert_eq!(second["SourceIdentity"], "nina");
    let me = aws_with(&sandbox, &keys(&second), "sts", &["get-caller-identity"]).await;
    assert_eq!(
        me.json()["Arn"],
        "arn:aws:sts::333344445555:assumed-role/next/sixfold-scan"
    );
    said(
        &go(&first, &["--source-identity", "mallory"]).await,
        "AccessDenied",
        &format!(
            "User: {SESSION} is not authorized to perform: sts:SetSourceIdentity on resource: {next}"
        ),
    );
    said(
        &go(&first, &["--duration-seconds", "3601"]).await,
        "ValidationError",
        "1 hour session limit for roles assumed by role chaining",
    );
    let closed = Role {
        source_identity: SourceIdentity::Refused,
        ..Role::new(next, &account(MEMBER))
    };
    sandbox.state().insert_role(closed).unwrap();
    said(
        &go(&first, &[]).await,
        "AccessDenied",
        "sts:SetSourceIdentity",
    );
    let outer = Keys::from(&owner(&sandbox));
    said(&go(&outer, &[]).await, "AccessDenied", "sts:AssumeRole");

    // The first role's own policy must let it go on.
    sandbox
        .state()
        .insert_role(Role::new(next, &account(MEMBER)))
        .unwrap();
    for (may, lacks) in [
        (&["s3:*"][..], "sts:AssumeRole"),
        (&["sts:AssumeRole"], "sts:SetSourceIdentity"),
        (
            &["sts:AssumeRole", "sts:SetSourceIdentity"],
            "sts:TagSession",
        ),
    ] {
        sandbox
            .state()
            .insert_role(role(&sandbox).allowing(allow(may)))
            .unwrap();
        let refused = go(&first, &["--tags", "Key=ticket,Value=1"]).await;
        said(&refused, "AccessDenied", lacks);
    }
    sandbox.stop().await;
}

const LIST: &[&str] = &["list-accounts"];

async fn organizations(sandbox: &Sandbox, keys: &Keys, args: &[&str]) -> Ran {
    aws_with(sandbox, keys, "organizations", args).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_command_lists_the_accounts_of_an_organisation_past_an_empty_page() {
    let sandbox = sandbox().await;
    let owner = owner(&sandbox);
    let keys = Keys::from(&owner);
    let member = |id: &str, name: &str, state| Member {
        account: account(id),
        name: name.to_owned(),
        state,
    };
    let members = vec![
        member(MEMBER, "prod", AccountState::Active),
        member("333344445555", "sandbox", AccountState::Suspended),
        member("555566667777", "old", AccountState::Closed),
        member("666677778888", "new", AccountState::PendingActivation),
        member("777788889999", "leaving", AccountState::PendingClosure),
    ];
    let mut organization = Organization::new(&owner.account, members);
    organization.pages = vec![2, 0, 1];
    sandbox.state().set_organization(Some(organization.clone()));

    let all = organizations(&sandbox, &keys, LIST).await.json();
    let all = all["Accounts"].as_array().unwrap();
    let shown = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or("-").to_owned();
        (text("Id"), text("Name"), text("State"), text("Status"))
    };
    let shown: Vec<_> = all.iter().map(shown).collect();
    let expected = [
        ("111122223333", "management", "ACTIVE", "ACTIVE"),
        (MEMBER, "prod", "ACTIVE", "ACTIVE"),
        ("333344445555", "sandbox", "SUSPENDED", "SUSPENDED"),
        ("555566667777", "old", "CLOSED", "SUSPENDED"),
        ("666677778888", "new", "PENDING_ACTIVATION", "-"),
        (
            "777788889999",
            "leaving",
            "PENDING_CLOSURE",
            "PENDING_CLOSURE",
        ),
    ];
    let expected = expected.map(|(id, name, state, status)| {
        (
            id.to_owned(),
            name.to_owned(),
            state.to_owned(),
            status.to_owned(),
        )
    });
    assert_eq!(shown, expected);
    let arn = all[1]["Arn"].as_str().unwrap();
    assert!(
        arn.starts_with("arn:aws:organizations::111122223333:account/o-"),
        "{arn}"
    );
    assert!(all[1]["Email"].as_str().unwrap().contains('@'));
    assert_eq!(
        sandbox.calls().count("ListAccounts", ""),
        4,
        "2, none, 1 and the rest"
    );
    let calls = sandbox.calls().recent();
    assert_eq!(calls[0].caller.as_ref().unwrap().account, owner.account);

    // The command goes on by itself, so the empty page is looked at alone.
    organization.pages = vec![0];
    sandbox.state().set_organization(Some(organization));
    let first = [LIST, &["--no-paginate"]].concat();
    let first = organizations(&sandbox, &keys, &first).await.json();
    assert_eq!(first["Accounts"], json!([]));
    let token = first["NextToken"].as_str().unwrap();
    let next = [LIST, &["--no-paginate", "--next-token", token]].concat();
    let next = organizations(&sandbox, &keys, &next).await.json();
    assert_eq!(next["Accounts"].as_array().unwrap().len(), 6);
    assert!(next.get("NextToken").is_none());
    let made_up = [LIST, &["--no-paginate", "--next-token", "made-up"]].concat();
    let refused = organizations(&sandbox, &keys, &made_up).await;
    said(&refused, "InvalidInputException", "NextToken");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_management_account_may_list_the_accounts() {
    let sandbox = sandbox().await;
    let owner = owner(&sandbox);
    let other = sandbox.options().other.clone().unwrap();
    let of = |management: &Account, members| {
        sandbox
            .state()
            .set_organization(Some(Organization::new(management, members)));
    };
    let list = async |keys: &Keys| organizations(&sandbox, keys, LIST).await;
    let keys = Keys::from(&owner);
    let outside = (
        "AWSOrganizationsNotInUseException",
        "Your account is not a member of an organization.",
    );
    said(&list(&keys).await, outside.0, outside.1);
    of(&other.account, Vec::new());
    said(&list(&keys).await, outside.0, outside.1);
    of(&other.account, vec![Member::active(&owner.account, "prod")]);
    said(
        &list(&keys).await,
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    );
    of(&owner.account, Vec::new());
    assert!(list(&keys).await.ok);

    let scanner = Role::new("arn:aws:iam::111122223333:role/scanner", &owner.account);
    sandbox
        .state()
        .insert_role(scanner.clone().allowing(allow(&["s3:*"])))
        .unwrap();
    let become_it = ["--role-arn", &scanner.arn];
    let scanning = session(&sandbox, &become_it).await;
    said(
        &list(&scanning).await,
        "AccessDeniedException",
        "is not authorized to perform: organizations:ListAccounts on resource: *",
    );
    sandbox
        .state()
        .insert_role(scanner.allowing(allow(&["organizations:List*"])))
        .unwrap();
    assert!(list(&scanning).await.ok);
    let wrong = Keys {
        token: Some("other".to_owned()),
        ..scanning
    };
    assert_eq!(list(&wrong).await.code(), "UnrecognizedClientException");
    let forged = Keys {
        secret: "another-secret".to_owned(),
        ..keys
    };
    assert_eq!(list(&forged).await.code(), "InvalidSignatureException");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sts_and_organizations_meet_faults_as_s3_does() {
    let sandbox = sandbox().await;
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    let owner = Keys::from(&owner(&sandbox));
    let faults = sandbox.faults();
    for (kind, sts, organizations) in [
        (
            FaultKind::SlowDown,
            "Throttling",
            "TooManyRequestsException",
        ),
        (FaultKind::Denied, "AccessDenied", "AccessDeniedException"),
        (FaultKind::Broken, "InternalFailure", "ServiceException"),
    ] {
        faults.clear();
        faults.add(
            FaultRule::new(kind.clone())
                .on("AssumeRole")
                .of(ROLE)
                .times(1),
        );
        faults.add(FaultRule::new(kind).on("ListAccounts").times(1));
        assert_eq!(assume(&sandbox, &owner, &[]).await.code(), sts);
        assert!(assume(&sandbox, &owner, &[]).await.ok);
        let listed = aws_with(&sandbox, &owner, "organizations", LIST).await;
        assert_eq!(listed.code(), organizations);
    }
    faults.clear();
    faults.add(
        FaultRule::new(FaultKind::Denied)
            .on("AssumeRole")
            .of("arn:*:role/*"),
    );
    let refused = assume(&sandbox, &owner, &[]).await;
    let words = format!("is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    said(&refused, "AccessDenied", &words);
    faults.add(FaultRule::new(FaultKind::Cut).on("GetCallerIdentity"));
    assert!(
        !aws_with(&sandbox, &owner, "sts", &["get-caller-identity"])
            .await
            .ok
    );
    let calls = sandbox.calls().recent();
    let last = calls.last().unwrap();
    assert!(!last.answered && last.caller.is_some(), "{last:?}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_carry_the_servers_date_and_a_clock_that_is_far_off_is_refused() {
    let sandbox = sandbox().await;
    let owner = Keys::from(&owner(&sandbox));
    let off = async || (visited(&sandbox.endpoint_url()).await.1 - Utc::now()).num_seconds();
    assert!(off().await.abs() <= 2);
    sandbox.set_date_offset(TimeDelta::minutes(-4));
    assert!((off().await + 240).abs() <= 2);
    let identity = async || aws_with(&sandbox, &owner, "sts", &["get-caller-identity"]).await;
    let listed = async || aws_with(&sandbox, &owner, "s3api", &["list-buckets"]).await;
    assert!(identity().await.ok);
    sandbox.set_date_offset(TimeDelta::minutes(6));
    said(
        &identity().await,
        "SignatureDoesNotMatch",
        "Signature expired: ",
    );
    assert!(listed().await.ok);
    sandbox.set_date_offset(TimeDelta::minutes(-16));
    said(
        &identity().await,
        "SignatureDoesNotMatch",
        "Signature not yet current: ",
    );
    assert_eq!(listed().await.code(), "RequestTimeTooSkewed");
    sandbox.stop().await;
}

/// What came of a deed: a code, or `done`.
type Said<'a> = std::pin::Pin<Box<dyn Future<Output = String> + Send + 'a>>;

/// What somebody does with a bucket or an object, and which action it needs on what.
macro_rules! deeds {
    ($s3:ident: $($action:literal on $on:literal: $deed:expr;)*) => {
        vec![$((
            $action,
            concat!("arn:aws:s3:::", $on),
            Box::pin(async move {
                match $deed.send().await {
                    Ok(_) => "done".to_owned(),
                    refused => refusal(refused).1,
                }
            }) as Said<'_>,
        )),*]
    };
}

#[rustfmt::skip]
fn deeds(s3: &aws_sdk_s3::Client) -> Vec<(&'static str, &'static str, Said<'_>)> {
    let (b, k) = ("member", "k");
    let block = || s3::PublicAccessBlockConfiguration::builder().block_public_acls(true).build();
    let rule = || s3::OwnershipControlsRule::builder().object_ownership(s3::ObjectOwnership::BucketOwnerEnforced).build().unwrap();
    let sse = || s3::ServerSideEncryptionByDefault::builder().sse_algorithm(s3::ServerSideEncryption::Aes256).build().unwrap();
    let sse = move || s3::ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(sse()).build();
    let filter = || s3::LifecycleRuleFilter::builder().prefix("old/").build();
    let expiry = || s3::LifecycleExpiration::builder().days(30).build();
    let cleanup = move || s3::LifecycleRule::builder().status(s3::ExpirationStatus::Enabled).filter(filter()).expiration(expiry()).build().unwrap();
    let cors = || s3::CorsRule::builder().allowed_methods("GET").allowed_origins("*").build().unwrap();
    let index = || s3::IndexDocument::builder().suffix("index.html").build().unwrap();
    let tag = || s3::Tag::builder().key("env").value("prod").build().unwrap();
    let retention = || s3::ObjectLockRetention::builder().mode(s3::ObjectLockRetentionMode::Governance).retain_until_date(aws_sdk_s3::primitives::DateTime::from_secs(4_000_000_000)).build();
    let metrics = || s3::MetricsConfiguration::builder().id("all").build().unwrap();
    deeds! { s3:
        "s3:ListBucket" on "member": s3.head_bucket().bucket(b);
        "s3:ListBucket" on "member": s3.list_objects_v2().bucket(b);
        "s3:ListBucketVersions" on "member": s3.list_object_versions().bucket(b);
        "s3:GetBucketLocation" on "member": s3.get_bucket_location().bucket(b);
        "s3:CreateBucket" on "new": s3.create_bucket().bucket("new");
        "s3:DeleteBucket" on "member": s3.delete_bucket().bucket(b);
        "s3:GetObject" on "member/k": s3.get_object().bucket(b).key(k);
        "s3:GetObjectVersion" on "member/k": s3.get_object().bucket(b).key(k).version_id("null");
        "s3:PutObject" on "member/k": s3.put_object().bucket(b).key(k).body(b"x".to_vec().into());
        "s3:DeleteObject" on "member/k": s3.delete_object().bucket(b).key(k);
        "s3:DeleteObjectVersion" on "member/k": s3.delete_object().bucket(b).key(k).version_id("null");
        "s3:GetObjectRetention" on "member/k": s3.get_object_retention().bucket(b).key(k);
        "s3:PutObjectRetention" on "member/k": s3.put_object_retention().bucket(b).key(k).retention(retention());
        "s3:GetBucketAcl" on "member": s3.get_bucket_acl().bucket(b);
        "s3:PutBucketAcl" on "member": s3.put_bucket_acl().bucket(b).acl(s3::BucketCannedAcl::Private);
        "s3:GetBucketPublicAccessBlock" on "member": s3.get_public_access_block().bucket(b);
        "s3:PutBucketPublicAccessBlock" on "member": s3.put_public_access_block().bucket(b).public_access_block_configuration(block());
        "s3:PutBucketPublicAccessBlock" on "member": s3.delete_public_access_block().bucket(b);
        "s3:GetBucketPolicy" on "member": s3.get_bucket_policy().bucket(b);
        "s3:GetBucketPolicyStatus" on "member": s3.get_bucket_policy_status().bucket(b);
        "s3:PutBucketPolicy" on "member": s3.put_bucket_policy().bucket(b).policy("{}");
        "s3:DeleteBucketPolicy" on "member": s3.delete_bucket_policy().bucket(b);
        "s3:GetBucketOwnershipControls" on "member": s3.get_bucket_ownership_controls().bucket(b);
        "s3:PutBucketOwnershipControls" on "member": s3.put_bucket_ownership_controls().bucket(b).ownership_controls(s3::OwnershipControls::builder().rules(rule()).build().unwrap());
        "s3:PutBucketOwnershipControls" on "member": s3.delete_bucket_ownership_controls().bucket(b);
        "s3:GetEncryptionConfiguration" on "member": s3.get_bucket_encryption().bucket(b);
        "s3:PutEncryptionConfiguration" on "member": s3.put_bucket_encryption().bucket(b).server_side_encryption_configuration(s3::ServerSideEncryptionConfiguration::builder().rules(sse()).build().unwrap());
        "s3:PutEncryptionConfiguration" on "member": s3.delete_bucket_encryption().bucket(b);
        "s3:GetBucketVersioning" on "member": s3.get_bucket_versioning().bucket(b);
        "s3:PutBucketVersioning" on "member": s3.put_bucket_versioning().bucket(b).versioning_configuration(s3::VersioningConfiguration::builder().status(s3::BucketVersioningStatus::Suspended).build());
        "s3:GetBucketTagging" on "member": s3.get_bucket_tagging().bucket(b);
        "s3:PutBucketTagging" on "member": s3.put_bucket_tagging().bucket(b).tagging(s3::Tagging::builder().tag_set(tag()).build().unwrap());
        "s3:PutBucketTagging" on "member": s3.delete_bucket_tagging().bucket(b);
        "s3:GetLifecycleConfiguration" on "member": s3.get_bucket_lifecycle_configuration().bucket(b);
        "s3:PutLifecycleConfiguration" on "member": s3.put_bucket_lifecycle_configuration().bucket(b).lifecycle_configuration(s3::BucketLifecycleConfiguration::builder().rules(cleanup()).build().unwrap());
        "s3:PutLifecycleConfiguration" on "member": s3.delete_bucket_lifecycle().bucket(b);
        "s3:GetBucketObjectLockConfiguration" on "member": s3.get_object_lock_configuration().bucket(b);
        "s3:PutBucketObjectLockConfiguration" on "member": s3.put_object_lock_configuration().bucket(b).object_lock_configuration(s3::ObjectLockConfiguration::builder().object_lock_enabled(s3::ObjectLockEnabled::Enabled).build());
        "s3:GetBucketLogging" on "member": s3.get_bucket_logging().bucket(b);
        "s3:PutBucketLogging" on "member": s3.put_bucket_logging().bucket(b).bucket_logging_status(s3::BucketLoggingStatus::builder().build());
        "s3:GetBucketCORS" on "member": s3.get_bucket_cors().bucket(b);
        "s3:PutBucketCORS" on "member": s3.put_bucket_cors().bucket(b).cors_configuration(s3::CorsConfiguration::builder().cors_rules(cors()).build().unwrap());
        "s3:PutBucketCORS" on "member": s3.delete_bucket_cors().bucket(b);
        "s3:GetBucketWebsite" on "member": s3.get_bucket_website().bucket(b);
        "s3:PutBucketWebsite" on "member": s3.put_bucket_website().bucket(b).website_configuration(s3::WebsiteConfiguration::builder().index_document(index()).build());
        "s3:DeleteBucketWebsite" on "member": s3.delete_bucket_website().bucket(b);
        "s3:GetBucketNotification" on "member": s3.get_bucket_notification_configuration().bucket(b);
        "s3:PutBucketNotification" on "member": s3.put_bucket_notification_configuration().bucket(b).notification_configuration(s3::NotificationConfiguration::builder().build());
        "s3:GetAccelerateConfiguration" on "member": s3.get_bucket_accelerate_configuration().bucket(b);
        "s3:PutAccelerateConfiguration" on "member": s3.put_bucket_accelerate_configuration().bucket(b).accelerate_configuration(s3::AccelerateConfiguration::builder().status(s3::BucketAccelerateStatus::Suspended).build());
        "s3:GetBucketRequestPayment" on "member": s3.get_bucket_request_payment().bucket(b);
        "s3:PutBucketRequestPayment" on "member": s3.put_bucket_request_payment().bucket(b).request_payment_configuration(s3::RequestPaymentConfiguration::builder().payer(s3::Payer::BucketOwner).build().unwrap());
        "s3:GetReplicationConfiguration" on "member": s3.get_bucket_replication().bucket(b);
        "s3:PutReplicationConfiguration" on "member": s3.delete_bucket_replication().bucket(b);
        "s3:GetInventoryConfiguration" on "member": s3.list_bucket_inventory_configurations().bucket(b);
        "s3:PutInventoryConfiguration" on "member": s3.delete_bucket_inventory_configuration().bucket(b).id("all");
        "s3:GetMetricsConfiguration" on "member": s3.get_bucket_metrics_configuration().bucket(b).id("all");
        "s3:PutMetricsConfiguration" on "member": s3.put_bucket_metrics_configuration().bucket(b).id("all").metrics_configuration(metrics());
        "s3:GetIntelligentTieringConfiguration" on "member": s3.list_bucket_intelligent_tiering_configurations().bucket(b);
        "s3:PutIntelligentTieringConfiguration" on "member": s3.delete_bucket_intelligent_tiering_configuration().bucket(b).id("all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_asks_for_its_own_action_on_its_own_resource() {
    let sandbox = sandbox().await;
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    let keys = session(&sandbox, &[]).await;
    let s3 = client_with(&sandbox, &keys, "us-east-1");
    let may = |statement: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        sandbox
            .state()
            .insert_role(role(&sandbox).allowing(policy))
            .unwrap();
    };
    let denied = |said: &str| said == "AccessDenied" || said.is_empty();
    for (action, resource, deed) in deeds(&s3) {
        may(json!({"Effect": "Allow", "NotAction": action, "Resource": "*"}));
        let said = deed.await;
        assert!(
            denied(&said),
            "{action} on {resource}, with all but it: {said}"
        );
    }
    for (action, resource, deed) in deeds(&s3) {
        may(json!({"Effect": "Allow", "Action": action, "NotResource": resource}));
        let said = deed.await;
        assert!(denied(&said), "{action} on all but {resource}: {said}");
    }
    for (action, resource, deed) in deeds(&s3) {
        may(json!({"Effect": "Allow", "Action": action, "Resource": resource}));
        let said = deed.await;
        assert!(!denied(&said), "{action} on {resource}: {said}");
        // So that the next deed finds the bucket as it was.
        let bucket = NewBucket::of(&account(MEMBER), "member", "us-east-1", Utc::now());
        sandbox.state().insert(bucket);
    }
    let list = async || s3.list_buckets().send().await;
    may(json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::*"}));
    assert_eq!(
        refusal(list().await).1,
        "AccessDenied",
        "it is on no bucket"
    );
    may(json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}));
    list().await.unwrap();

    let handed = "arn:aws:iam::222233334444:role/replicator";
    let to = s3::Destination::builder()
        .bucket("arn:aws:s3:::third")
        .build()
        .unwrap();
    let rule = s3::ReplicationRule::builder().status(s3::ReplicationRuleStatus::Enabled);
    let replication = s3::ReplicationConfiguration::builder().role(handed);
    let replication = replication
        .rules(rule.destination(to).build().unwrap())
        .build()
        .unwrap();
    let put = s3
        .put_bucket_replication()
        .bucket("member")
        .replication_configuration(replication);
    may(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
    assert_eq!(
        refusal(put.clone().send().await).1,
        "AccessDenied",
        "a role is handed on"
    );
    may(json!({"Effect": "Allow", "Action": ["s3:*", "iam:PassRole"], "Resource": "*"}));
    assert_ne!(refusal(put.send().await).1, "AccessDenied");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_held_to_its_policies_at_s3_control_and_kms_too() {
    let sandbox = sandbox().await;
    let key = "arn:aws:kms:us-east-1:222233334444:key/6f1d2c3b-58a4-4e0f-9b7a-2d94c1e0a7f3";
    sandbox.state().insert_key(KmsKey::new(key));
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    let keys = session(&sandbox, &[]).await;
    let control = async |args: &[&str]| {
        let args = [args, &["--account-id", MEMBER]].concat();
        aws_control_with(&sandbox, &keys, &args).await
    };
    let block = ["get-public-access-block"];
    let point = [
        "create-access-point",
        "--name",
        "open",
        "--bucket",
        "member",
    ];
    let describe = ["describe-key", "--key-id", key];
    assert_eq!(
        control(&block).await.code(),
        "NoSuchPublicAccessBlockConfiguration"
    );
    let home = [&block[..], &["--account-id", "111122223333"]].concat();
    assert_eq!(
        aws_control_with(&sandbox, &keys, &home).await.code(),
        "AccessDenied"
    );
    assert!(control(&point).await.ok);
    assert!(aws_with(&sandbox, &keys, "kms", &describe).await.ok);

    let narrow = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetBucketPublicAccessBlock", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:CreateAccessPoint",
         "Resource": "arn:aws:s3:*:*:accesspoint/other"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:*:key/other"}]});
    sandbox
        .state()
        .insert_role(role(&sandbox).allowing(narrow))
        .unwrap();
    let refused = control(&block).await;
    said(
        &refused,
        "AccessDenied",
        "s3:GetAccountPublicAccessBlock on resource: \"*\"",
    );
    let refused = control(&point).await;
    let arn = "arn:aws:s3:us-east-1:222233334444:accesspoint/open";
    said(
        &refused,
        "AccessDenied",
        &format!("s3:CreateAccessPoint on resource: \"{arn}\""),
    );
    let refused = aws_with(&sandbox, &keys, "kms", &describe).await;
    said(
        &refused,
        "AccessDeniedException",
        &format!("kms:DescribeKey on resource: {key}"),
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_bucket_opens_to_the_role_that_its_policy_names_and_that_may_itself() {
    let sandbox = sandbox().await;
    let other = "arn:aws:iam::222233334444:role/other";
    sandbox.state().insert_role(role(&sandbox)).unwrap();
    sandbox
        .state()
        .insert_role(Role::new(other, &owner(&sandbox).account))
        .unwrap();
    let remediator = session(&sandbox, &[]).await;
    let stranger = session(&sandbox, &["--role-arn", other]).await;
    let put = async |keys: &Keys| {
        let s3 = client_with(&sandbox, keys, "us-east-1");
        let put = s3.put_object().bucket("third").key("CHG-1/acl.json");
        put.body(b"{}".to_vec().into()).send().await
    };
    let denied = (403, "AccessDenied".to_owned());
    assert_eq!(refusal(put(&remediator).await), denied);
    let opens_to = |principal: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:PutObject",
             "Resource": "arn:aws:s3:::third/*"}]})
        .to_string();
        let open = |settings: &mut sixfold::sandbox::BucketSettings| settings.policy = Some(policy);
        sandbox.state().patch("third", open).unwrap();
    };
    for named in [ROLE, SESSION] {
        opens_to(named);
        put(&remediator).await.unwrap();
        assert_eq!(
            refusal(put(&stranger).await),
            denied,
            "only {named} is let in"
        );
    }
    opens_to("arn:aws:iam::222233334444:root");
    put(&stranger).await.unwrap();
    let elsewhere = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::member*"}]});
    sandbox
        .state()
        .insert_role(role(&sandbox).allowing(elsewhere))
        .unwrap();
    assert_eq!(
        refusal(put(&remediator).await),
        denied,
        "its own policy is asked too"
    );
    sandbox.stop().await;
}
