//! The little of Organizations that a room needs: which accounts there are.
//!
//! A page may come empty and with a token all the same, as
//! [AWS says of its lists](https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html).

use serde_json::{Value, json};

use super::{Asked, Trouble, header, json::Refused};
use crate::{
    domain::{Account, Digest},
    sandbox::{faults::Refusal, roles::Wants, state::State},
};

/// How a request to this service begins in `X-Amz-Target`.
pub(super) const TARGET: &str = "AWSOrganizationsV20161128.";
/// The most that one page holds.
const LARGEST_PAGE: usize = 20;

/// One organisation, of whichever accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Whose callers alone may list the accounts; it is the first of them.
    pub management: Account,
    /// Beside the management account, in the order in which they are listed.
    pub members: Vec<Member>,
    /// How many accounts each page holds, of the first, the second and so on; 0 is an empty page with
    /// a token. Pages after these are as large as is asked for, and AWS's 20 at most.
    pub pages: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub account: Account,
    pub name: String,
    pub state: AccountState,
}

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    PendingActivation,
    Active,
    Suspended,
    PendingClosure,
    Closed,
}

impl Member {
    pub fn active(account: &Account, name: &str) -> Self {
        Self {
            account: account.clone(),
            name: name.to_owned(),
            state: AccountState::Active,
        }
    }

    fn listed(&self, organization: &Organization) -> Value {
        let (state, status) = self.state.words();
        let (management, account) = (&organization.management, &self.account);
        let id = organization.id();
        let mut listed = json!({
            "Id": account.as_str(),
            "Arn": format!("arn:aws:organizations::{management}:account/{id}/{account}"),
            "Email": format!("aws+{account}@example.com"),
            "Name": self.name,
            "State": state,
            "JoinedMethod": if account == management { "INVITED" } else { "CREATED" },
            "JoinedTimestamp": 1_612_343_000.5,
        });
        if let Some(status) = status {
            listed["Status"] = Value::from(status);
        }
        listed
    }
}

impl AccountState {
    /// The state, and the older `Status`, which knows fewer.
    const fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::PendingActivation => ("PENDING_ACTIVATION", None),
            Self::Active => ("ACTIVE", Some("ACTIVE")),
            Self::Suspended => ("SUSPENDED", Some("SUSPENDED")),
            Self::PendingClosure => ("PENDING_CLOSURE", Some("PENDING_CLOSURE")),
            Self::Closed => ("CLOSED", Some("SUSPENDED")),
        }
    }
}

impl Organization {
    /// Of these accounts, on pages of AWS's size.
    pub fn new(management: &Account, members: Vec<Member>) -> Self {
        Self {
            management: management.clone(),
            members,
            pages: Vec::new(),
        }
    }

    fn id(&self) -> String {
        let digest = Digest::of(self.management.as_str());
        format!("o-{}", &digest.as_str()[..10])
    }

    fn page(&self, at: Place, most: usize) -> Value {
        let first = Member::active(&self.management, "management");
        let all: Vec<_> = std::iter::once(&first).chain(&self.members).collect();
        let size = self.pages.get(at.page).map_or(most, |size| most.min(*size));
        let end = at.account.saturating_add(size).min(all.len());
        let listed: Vec<_> = all
            .get(at.account..end)
            .unwrap_or_default()
            .iter()
            .map(|member| member.listed(self))
            .collect();
        let mut page = json!({ "Accounts": listed });
        if end < all.len() {
            let next = Place {
                page: at.page.saturating_add(1),
                account: end,
            };
            page["NextToken"] = Value::from(next.token());
        }
        page
    }
}

/// Where a page begins: how many pages and how many accounts come before it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    page: usize,
    account: usize,
}

impl Place {
    fn token(self) -> String {
        aws_smithy_types::base64::encode(format!("{}/{}", self.page, self.account))
    }

    fn of(token: &str) -> Option<Self> {
        let text = String::from_utf8(aws_smithy_types::base64::decode(token).ok()?).ok()?;
        let (page, account) = text.split_once('/')?;
        Some(Self {
            page: page.parse().ok()?,
            account: account.parse().ok()?,
        })
    }
}

impl State {
    /// `None` is no organisation at all, as in the beginning.
    pub fn set_organization(&self, organization: Option<Organization>) {
        self.write_beside().organization = organization;
    }
}

pub(super) async fn asked(asked: &Asked<'_>) -> Result<Value, Refused> {
    let target = header(&asked.head.headers, "x-amz-target");
    let operation = target.strip_prefix(TARGET).unwrap_or_default();
    let entered = asked.enter(operation, "").await;
    let caller = entered.map_err(refused)?.caller;
    if operation != "ListAccounts" {
        return Err(Refused::unknown_operation(target));
    }
    let state = &asked.gate.state;
    let wants = Wants {
        action: "organizations:ListAccounts",
        resource: "*",
        account: caller.account.as_str(),
    };
    state
        .allows(&caller, wants)
        .map_err(|refused| Refused::new(400, "AccessDeniedException", refused.to_string()))?;
    let (most, at) = page_asked_for(&asked.body)?;
    let beside = state.read_beside();
    let mine = beside.organization.as_ref().filter(|it| {
        let member = |member: &Member| member.account == caller.account;
        it.management == caller.account || it.members.iter().any(member)
    });
    let mine = mine.ok_or_else(|| {
        Refused::new(
            400,
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        )
    })?;
    if mine.management != caller.account {
        return Err(Refused::new(
            400,
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ));
    }
    Ok(mine.page(at, most))
}

fn page_asked_for(body: &[u8]) -> Result<(usize, Place), Refused> {
    let invalid =
        |reason, message: &str| Refused::new(400, "InvalidInputException", message).because(reason);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let most = match body.get("MaxResults").filter(|it| !it.is_null()) {
        None => LARGEST_PAGE,
        Some(most) => most
            .as_u64()
            .and_then(|most| usize::try_from(most).ok())
            .filter(|most| (1..=LARGEST_PAGE).contains(most))
            .ok_or_else(|| {
                invalid(
                    "MAX_VALUE_EXCEEDED",
                    "You specified a value for MaxResults that is not between 1 and 20.",
                )
            })?,
    };
    let at = match body.get("NextToken").and_then(Value::as_str) {
        None => Place::default(),
        Some(token) => Place::of(token).ok_or_else(|| {
            invalid(
                "INVALID_NEXT_TOKEN",
                "You specified an invalid value for NextToken. Get it from the response to a previous call of the operation.",
            )
        })?,
    };
    Ok((most, at))
}

fn refused(trouble: Trouble) -> Refused {
    let (status, code, message) = match trouble {
        Trouble::Stranger(stranger) => return stranger.into(),
        Trouble::Fault(Refusal::SlowDown, _) => (
            400,
            "TooManyRequestsException",
            "You have sent too many requests in too short a period of time.",
        ),
        Trouble::Fault(Refusal::Denied, _) => (
            400,
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ),
        Trouble::Fault(Refusal::Conflict | Refusal::Broken | Refusal::Cut, _) => (
            500,
            "ServiceException",
            "Organizations can't complete your request because of an internal service error. Try again later.",
        ),
    };
    Refused::new(status, code, message)
}
