//! Who stands at the other end of a socket. The kernel names the Unix account; the config says which
//! person that is. Nothing that a client says of itself is believed, but for one: the room's own account
//! may name a person, since that is what a forced command of OpenSSH does for a key that it has checked.

use nix::unistd::{Uid, User};

use crate::{
    config::People,
    domain::{Actor, Via},
    engine::Caller,
    room::protocol::{Hello, Way},
};

/// The person, or why nobody comes in, for whoever tried.
pub fn who(people: &People, own: Uid, peer: Uid, hello: &Hello) -> Result<Caller, String> {
    let actor = match &hello.as_person {
        Some(name) if peer != own => {
            return Err(format!(
                "`--as {name}` is believed from the room's own account only (uid {own}), and you come as uid {peer}: leave it out, or log in by the forced command of your key"
            ));
        }
        Some(name) => named(people, name)?,
        None => by_account(people, own, peer)?,
    };
    Ok(Caller {
        actor,
        via: match hello.way {
            Way::Screen => Via::Tui,
            Way::Command => Via::Cli,
        },
        readonly: hello.readonly,
    })
}

fn named(people: &People, name: &str) -> Result<Actor, String> {
    let actor = Actor::person(name).map_err(|error| error.to_string())?;
    if people.knows(&actor) {
        Ok(actor)
    } else {
        Err(format!(
            "{name} is nobody in the room's config: add a [[people]] table with name = \"{name}\""
        ))
    }
}

fn by_account(people: &People, own: Uid, peer: Uid) -> Result<Actor, String> {
    if people.is_empty() && peer != own {
        return Err(format!(
            "the room's config lists no [[people]], so only its own account (uid {own}) may come in, and you come as uid {peer}"
        ));
    }
    let user = User::from_uid(peer)
        .map_err(|error| format!("the Unix account of uid {peer} can't be looked up: {error}"))?
        .ok_or_else(|| format!("the Unix account of uid {peer} has no name"))?
        .name;
    people.by_user(&user).ok_or_else(|| {
        format!(
            "`{user}` is nobody in the room's config: add a [[people]] table with user = \"{user}\""
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn people(text: &str) -> People {
        Config::parse(text, Path::new("sixfold.toml"))
            .unwrap()
            .people
    }

    fn hello(as_person: Option<&str>) -> Hello {
        Hello {
            as_person: as_person.map(str::to_owned),
            ..Hello::new(Way::Screen)
        }
    }

    #[test]
    fn only_the_rooms_own_account_may_name_a_person_and_only_one_that_is_listed() {
        let people = people("[[people]]\nname = \"nina.ramirez\"\nuser = \"nina\"\n");
        let (own, other) = (Uid::from_raw(900), Uid::from_raw(1_000));
        let as_nina = hello(Some("nina.ramirez"));
        let caller = who(&people, own, own, &as_nina).unwrap();
        assert_eq!(caller.actor.name(), "nina.ramirez");
        let refused = who(&people, own, other, &as_nina).unwrap_err();
        assert!(refused.contains("room's own account only"), "{refused}");
        for stranger in ["mallory", "room", "policy", "nina ramirez", ""] {
            who(&people, own, own, &hello(Some(stranger))).unwrap_err();
        }
    }

    #[test]
    fn where_nobody_is_listed_only_the_rooms_own_account_comes_in() {
        let (own, people) = (Uid::current(), people(""));
        let user = User::from_uid(own).unwrap().unwrap().name;
        let caller = who(&people, own, own, &hello(None)).unwrap();
        assert_eq!(caller.actor.name(), user);
        let other = Uid::from_raw(own.as_raw() + 1);
        let refused = who(&people, own, other, &hello(None)).unwrap_err();
        assert!(refused.contains("lists no [[people]]"), "{refused}");
        who(&people, own, own, &hello(Some(&user))).unwrap_err();
    }

    #[test]
    fn an_account_is_the_person_whom_the_config_names_for_it_and_else_nobody() {
        let own = Uid::current();
        let user = User::from_uid(own).unwrap().unwrap().name;
        let known = people(&format!("[[people]]\nname = \"nina\"\nuser = \"{user}\"\n"));
        let caller = who(&known, own, own, &hello(None)).unwrap();
        assert_eq!(caller.actor.name(), "nina");
        let unknown = people("[[people]]\nname = \"nina\"\nuser = \"nobody-of-that-name\"\n");
        let refused = who(&unknown, own, own, &hello(None)).unwrap_err();
        assert!(
            refused.contains(&format!("`{user}` is nobody")),
            "{refused}"
        );
    }
}
