//! Whom a statement lets in that nobody trusts, and the statement without them.
//!
//! Principals are named one by one; everyone may be tied to accounts or organisations by conditions,
//! of which each value lets in somebody. Everyone without such a tie is public, and no stranger in
//! particular.

use serde_json::Value;

use super::{
    narrowing::Narrowing,
    principal::{self, Principal, Who},
    statement::Statement,
    tie::{self, Tie},
};

/// Whom an organisation trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Twelve-digit ids, and canonical ids for principals that are named so.
    pub accounts: Vec<String>,
    /// Ids such as `o-a1b2c3d4e5`; empty where none are told apart, and each that a policy names is
    /// taken for a trusted one.
    pub organizations: Vec<String>,
}

/// Who they are, and so how they can be taken out.
enum Strangers {
    None,
    Principals(Vec<Principal>),
    /// Everyone of these, by a tie of that kind.
    Everyone(Tie, Vec<String>),
}

impl Trusted {
    fn account(&self, id: &str) -> bool {
        self.accounts.iter().any(|trusted| trusted == id)
    }

    fn organization(&self, id: &str) -> bool {
        self.organizations.is_empty() || self.organizations.iter().any(|trusted| trusted == id)
    }

    fn strangers(&self, statement: &Statement) -> Strangers {
        let conditions = &statement.conditions;
        let own_network = conditions.iter().any(|one| {
            ["aws:sourcevpc", "aws:sourcevpce"].contains(&one.key.as_str())
                && one.narrowing(conditions) > Narrowing::Open
        });
        let organizations = tie::to(conditions, Tie::Organization).unwrap_or_default();
        let (members, others): (Vec<&str>, Vec<&str>) =
            (organizations.into_iter()).partition(|organization| self.organization(organization));
        if !statement.allows() || own_network || (!members.is_empty() && others.is_empty()) {
            return Strangers::None;
        }
        let owned = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
        if statement.everyone() {
            let caller = tie::to(conditions, Tie::Caller).map(|all| (Tie::Caller, all));
            let tied = caller.or_else(|| Some((Tie::Way, tie::to(conditions, Tie::Way)?)));
            return match tied {
                Some((tie, mut accounts)) => {
                    accounts.retain(|account| !self.account(account));
                    Strangers::Everyone(tie, owned(accounts))
                }
                None => Strangers::Everyone(Tie::Organization, owned(others)),
            };
        }
        let stranger = |one: &&Principal| match one.who() {
            Who::Account(id) | Who::Canonical(id) => !self.account(id),
            _ => false,
        };
        Strangers::Principals(
            statement
                .principals
                .iter()
                .filter(stranger)
                .cloned()
                .collect(),
        )
    }

    /// Who of a statement is a stranger, in words; none where nobody is.
    pub fn strangers_of(&self, statement: &Value) -> Vec<String> {
        match self.strangers(&Statement::of(statement)) {
            Strangers::None => Vec::new(),
            Strangers::Principals(all) => all.iter().map(Principal::text).collect(),
            Strangers::Everyone(_, all) => {
                all.iter().map(|one| format!("everyone of {one}")).collect()
            }
        }
    }

    /// The statement without them; none where it would let in nobody else.
    pub fn without_strangers(&self, statement: &Value) -> Option<Value> {
        let mut left = statement.clone();
        match self.strangers(&Statement::of(statement)) {
            Strangers::Principals(gone) => {
                let named = left.get_mut("Principal");
                let left_over =
                    named.is_none_or(|named| principal::keep(named, |one| !gone.contains(one)));
                if !left_over {
                    return None;
                }
            }
            Strangers::Everyone(tie, gone) if !gone.is_empty() => {
                let kept = match tie {
                    Tie::Organization => &self.organizations,
                    Tie::Caller | Tie::Way => &self.accounts,
                };
                tie::keep(left.get_mut("Condition")?, tie, kept);
                if !self.strangers_of(&left).is_empty() {
                    return None;
                }
            }
            Strangers::None | Strangers::Everyone(..) => {}
        }
        Some(left)
    }
}

/// The statement with those of the sources alone that its conditions tie services to; none where none
/// of them is left.
pub fn only_sources(statement: &Value, accounts: &[String]) -> Option<Value> {
    let mut left = statement.clone();
    tie::keep(left.get_mut("Condition")?, Tie::Way, accounts);
    let kept = Statement::of(&left);
    let sources = tie::to(&kept.conditions, Tie::Way).unwrap_or_default();
    let all = sources
        .iter()
        .all(|one| accounts.iter().any(|it| it == one));
    all.then_some(left)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OWN: &str = "123456789012";
    const FOREIGN: &str = "999900001111";

    fn ours() -> Trusted {
        Trusted {
            accounts: vec![OWN.to_owned(), "0wner".to_owned()],
            organizations: vec!["o-ours".to_owned()],
        }
    }

    fn allow(principal: &Value, condition: &Value) -> Value {
        json!({
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "r",
            "Condition": condition,
        })
    }

    #[test]
    fn every_value_that_ties_everyone_has_to_be_trusted() {
        for (condition, strangers, left) in [
            (
                json!({"StringEquals": {"aws:PrincipalAccount": [OWN, FOREIGN]}}),
                vec!["everyone of 999900001111"],
                Some(json!({"StringEquals": {"aws:PrincipalAccount": [OWN]}})),
            ),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": ["o-ours", "o-theirs"]}}),
                vec!["everyone of o-theirs"],
                Some(json!({"StringEquals": {"aws:PrincipalOrgID": ["o-ours"]}})),
            ),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}}),
                vec!["everyone of o-theirs"],
                None,
            ),
            (
                json!({"StringEquals": {"s3:DataAccessPointAccount": FOREIGN}}),
                vec!["everyone of 999900001111"],
                None,
            ),
            (
                json!({"StringEquals": {"aws:SourceAccount": FOREIGN}}),
                vec!["everyone of 999900001111"],
                None,
            ),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-theirs", "aws:PrincipalAccount": OWN}}),
                vec![],
                Some(
                    json!({"StringEquals": {"aws:PrincipalOrgID": "o-theirs", "aws:PrincipalAccount": OWN}}),
                ),
            ),
        ] {
            let statement = allow(&json!("*"), &condition);
            assert_eq!(ours().strangers_of(&statement), strangers, "{condition}");
            let found = ours().without_strangers(&statement);
            let left = left.map(|condition| allow(&json!("*"), &condition));
            assert_eq!(found, left, "{condition}");
        }
    }

    #[test]
    fn where_no_organization_is_set_each_that_is_named_is_trusted() {
        let trusted = Trusted {
            organizations: Vec::new(),
            ..ours()
        };
        let condition = json!({"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}});
        assert!(
            trusted
                .strangers_of(&allow(&json!("*"), &condition))
                .is_empty()
        );
    }

    #[test]
    fn an_account_by_its_canonical_id_is_one_like_any_other() {
        let both = allow(
            &json!({"AWS": OWN, "CanonicalUser": ["0wner", "79a59df9"]}),
            &json!({}),
        );
        assert_eq!(ours().strangers_of(&both), ["CanonicalUser:79a59df9"]);
        let left = allow(
            &json!({"AWS": [OWN], "CanonicalUser": ["0wner"]}),
            &json!({}),
        );
        assert_eq!(ours().without_strangers(&both), Some(left));
    }
}
