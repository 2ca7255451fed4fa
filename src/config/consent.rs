//! `[[approval.strict]]`: where one person's approval is not enough, or the owner's own team may not give it.

use serde::Deserialize;

use super::{Approval, Config, ConfigFault, Person};
use crate::domain::{
    Right, Severity,
    artifact::{Consent, Ticket},
};

/// Every table that fits a ticket counts, each in what it is stricter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    /// An environment's name, ignoring case, or `production` for all that count as it; none: any.
    environment: Option<String>,
    /// This severity and above; none: any.
    severity: Option<Severity>,
    /// Different people who must agree, from 1 to 5.
    #[serde(default = "one", deserialize_with = "few")]
    people: u8,
    /// Whether people of the owner's team may be among them.
    #[serde(default = "yes")]
    owner: bool,
}

const fn one() -> u8 {
    1
}

const fn yes() -> bool {
    true
}

fn few<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let people = u8::deserialize(deserializer)?;
    if (1..=5).contains(&people) {
        Ok(people)
    } else {
        Err(serde::de::Error::custom("1 to 5 people are wanted"))
    }
}

impl Strict {
    fn fits(&self, ticket: &Ticket) -> bool {
        let environment = self.environment.as_ref().is_none_or(|name| {
            let all = name.eq_ignore_ascii_case("production") && ticket.environment.production;
            all || name.eq_ignore_ascii_case(&ticket.environment.name)
        });
        environment && self.severity.is_none_or(|least| ticket.severity >= least)
    }
}

impl Approval {
    fn strict_for(&self, ticket: &Ticket) -> impl Iterator<Item = &Strict> {
        self.strict.iter().filter(|strict| strict.fits(ticket))
    }

    /// Whether a table fits a ticket that the room could fix: then people approve, wherever the bucket is.
    pub fn strict_waits(&self, ticket: &Ticket) -> bool {
        ticket.plan().is_some() && self.strict_for(ticket).next().is_some()
    }

    /// What approving a ticket takes.
    pub fn consent(&self, ticket: &Ticket) -> Consent {
        self.strict_for(ticket)
            .fold(Consent::default(), |consent, strict| {
                consent.and(Consent {
                    people: strict.people,
                    owner: strict.owner,
                })
            })
    }
}

impl Config {
    /// More people than there are could never agree.
    pub(super) fn check_consent(&self) -> Result<(), ConfigFault> {
        let may = |person: &&Person| person.role.may(Right::Decide);
        let there = self.people.iter().filter(may).count();
        let asked = self
            .approval
            .strict
            .iter()
            .map(|strict| strict.people)
            .max();
        match asked.map(usize::from) {
            Some(asked) if asked > 1 && asked > there => Err(ConfigFault::whole(
                &self.file,
                format!(
                    "[[approval.strict]] asks for {asked} people, and {there} of those under [[people]] may decide: list more approvers"
                ),
            )),
            _ => Ok(()),
        }
    }
}
