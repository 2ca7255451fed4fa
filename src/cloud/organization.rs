//! Which accounts there are, as AWS Organizations has them.

use aws_sdk_organizations::types::{AccountState, AccountStatus};

use crate::{domain::Account, settings::CallError};

/// Every active account of the organisation. A page may be empty and still not be the last one
/// ([ListAccounts](https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html)).
pub(super) async fn active(
    client: &aws_sdk_organizations::Client,
) -> Result<Vec<Account>, CallError> {
    let mut active = Vec::new();
    let mut from = None;
    loop {
        let page = client.list_accounts().set_next_token(from).send().await;
        let page = page.map_err(|error| CallError::of("ListAccounts", &error))?;
        for account in page.accounts() {
            // `state` takes the place of `status`; a server may know only one of them.
            let is_active = match account.state() {
                Some(state) => *state == AccountState::Active,
                None => account.status() == Some(&AccountStatus::Active),
            };
            let id = account.id().map(|id| Account::try_from(id.to_owned()));
            if let (true, Some(Ok(id))) = (is_active, id) {
                active.push(id);
            }
        }
        from = page.next_token().map(str::to_owned);
        if from.is_none() {
            return Ok(active);
        }
    }
}
