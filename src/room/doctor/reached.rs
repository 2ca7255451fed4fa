//! What AWS answers: each account, by whoever looks and whoever writes there; the vault; and the clock.
//!
//! All are asked side by side, so that an endpoint that says nothing costs the wait for one.

use futures_util::{StreamExt as _, stream};

use super::within;
use crate::{
    cloud::{Accounts, Cloud, Roll, Vault},
    config::{Config, Mode},
    room::{
        advice,
        protocol::{Finding, Grade},
    },
};

/// Accounts that are asked at one time.
const AT_ONCE: usize = 8;
/// So many accounts get a line each where all is well; more are counted.
const NAMED: usize = 12;
/// How far off a clock is said to be, and how far off it fails, in seconds. AWS refuses what was signed five
/// minutes off, S3 a quarter of an hour
/// ([why requests fail](https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html)).
const OFF: (u64, u64) = (30, 120);

pub(super) async fn reached(accounts: &Accounts, config: &Config) -> Vec<Finding> {
    // The SDK's state is large, and every caller's would be with it.
    let everybody = Box::pin(everybody(accounts, config));
    let vault = Box::pin(vault(accounts, config));
    let (mut findings, vault) = tokio::join!(everybody, vault);
    findings.extend(vault);
    findings.extend(accounts.activity().skew().map(clock));
    findings
}

/// The accounts that would be scanned.
async fn everybody(accounts: &Accounts, config: &Config) -> Vec<Finding> {
    let Roll {
        accounts: all,
        trouble,
    } = match within(accounts.roll()).await {
        Ok(roll) => roll,
        Err(late) => return vec![Finding::bad("organization", late)],
    };
    let asked = config.members.as_ref().is_some_and(|it| it.organization);
    let organization = asked.then(|| match trouble {
        Some(error) => Finding::bad(
            "organization",
            format!("{error}. {}", advice::LIST_ACCOUNTS),
        ),
        None => Finding::good(
            "organization",
            format!("{} accounts are looked at", all.len()),
        ),
    });
    let own = accounts.own().account().clone();
    let mut looks: Vec<(bool, Vec<Finding>)> = stream::iter(all)
        .map(|cloud| {
            let subject = if *cloud.account() == own {
                "cloud".to_owned()
            } else {
                format!("account {}", cloud.account())
            };
            async move { account(&cloud, config, subject).await }
        })
        .buffered(AT_ONCE)
        .map(|findings| {
            let well = |finding: &Finding| finding.grade == Grade::Good;
            (findings.iter().all(well), findings)
        })
        .collect()
        .await;
    let mut well = 0;
    looks.retain(|(all_well, _)| {
        well += usize::from(*all_well);
        !all_well || well <= NAMED
    });
    let more = well.saturating_sub(NAMED);
    let more = (more > 0).then(|| Finding::good("accounts", format!("{more} more are in order")));
    let looks = looks.into_iter().flat_map(|(_, findings)| findings);
    organization.into_iter().chain(looks).chain(more).collect()
}

async fn account(cloud: &Cloud, config: &Config, subject: String) -> Vec<Finding> {
    let mut findings = vec![match within(cloud.list(None)).await {
        Ok(Ok(page)) => Finding::good(
            &subject,
            format!(
                "account {}, region {}, {}{} buckets{}",
                cloud.account(),
                cloud.home(),
                page.assets.len(),
                if page.next.is_some() { "+" } else { "" },
                by_role(cloud, config.mode)
            ),
        ),
        Ok(Err(error)) => Finding::bad(&subject, advice::listing_failed(&error, &config.cloud)),
        Err(late) => Finding::bad(&subject, late),
    }];
    let amiss = amiss(config.mode);
    match within(cloud.try_writer()).await {
        Ok(None | Some(Ok(()))) => {}
        Ok(Some(Err(error))) => findings.push(Finding::new(
            amiss,
            &subject,
            format!("nothing can be written there: {error}. {}", advice::ASSUME),
        )),
        Err(late) => findings.push(Finding::new(amiss, &subject, late)),
    }
    findings
}

/// Whose roles look and write, and what is not had where one identity does both.
fn by_role(cloud: &Cloud, mode: Mode) -> String {
    let identity = cloud.identity();
    match (&identity.arn, &identity.writer) {
        (Some(looks), Some(writes)) => format!("; {looks} looks, {writes} writes"),
        (None, Some(writes)) => format!("; {writes} writes"),
        _ if mode == Mode::Enforce => {
            "; what looks also writes, so AWS's own logs name no change and no approver".to_owned()
        }
        _ => String::new(),
    }
}

/// How bad it is that something for writing is amiss.
const fn amiss(mode: Mode) -> Grade {
    match mode {
        Mode::Enforce => Grade::Bad,
        Mode::Observe => Grade::Note,
    }
}

async fn vault(accounts: &Accounts, config: &Config) -> Vec<Finding> {
    let Some(named) = &config.vault else {
        let text = "none; mode \"enforce\" will need a [vault]";
        return vec![Finding::note("vault", text)];
    };
    let amiss = amiss(config.mode);
    let report = match within(Vault::new(accounts, named).check()).await {
        Ok(report) => report,
        Err(late) => return vec![Finding::new(amiss, "vault", late)],
    };
    let mut findings = Vec::new();
    if report.faults.is_empty() {
        findings.push(Finding::good(
            "vault",
            format!(
                "s3://{}/ keeps backups for {} days",
                named.bucket, named.retention_days
            ),
        ));
    }
    let faults = report.faults.into_iter();
    findings.extend(faults.map(|fault| Finding::new(amiss, "vault", fault)));
    let notes = report.notes.into_iter();
    findings.extend(notes.map(|note| Finding::note("vault", note)));
    findings
}

/// This machine's clock, by what the last answer said; `ahead` in seconds.
fn clock(ahead: i64) -> Finding {
    let off = ahead.unsigned_abs();
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    let text = format!("this machine's clock is {off} s {side} the one that answers");
    let then = "expiries and the ledger's times go by it, and AWS refuses what is signed 5 minutes off: \
                have it set by NTP";
    match off {
        off if off > OFF.1 => Finding::bad("clock", format!("{text}: {then}")),
        off if off > OFF.0 => Finding::note("clock", format!("{text}: {then}")),
        _ => Finding::good(
            "clock",
            format!("within {} s of the one that answers", OFF.0),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_before_aws_refuses_it() {
        for (ahead, grade, said) in [
            (-1, Grade::Good, "within 30 s"),
            (31, Grade::Note, "31 s ahead of"),
            (-31, Grade::Note, "31 s behind"),
            (121, Grade::Bad, "121 s ahead of"),
        ] {
            let finding = clock(ahead);
            assert_eq!(finding.grade, grade, "{ahead}");
            assert!(finding.text.contains(said), "{}", finding.text);
        }
    }
}
