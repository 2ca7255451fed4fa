//! What a room with many accounts meets: becoming a role with STS, what a session may, and which
//! accounts an organisation has. The real `aws` command asks; where every action is gone through, the SDK does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/sandbox.rs"]
mod common;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use common::{Keys, Ran, aws, aws_with, client_with, refusal};
use serde_json::{Value, json};
use sixfold::{
    domain::Account,
    sandbox::{
        AccountState, Caller, Clock, FaultKind, FaultRule, Member, NewBucket, Organization, Party,
        Role, RoleError, Sandbox, SandboxOptions, SourceIdentity,
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
    };
    let at_home = Caller {
        account: owner.account.clone(),
        session: None,
        source_identity: None,
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
