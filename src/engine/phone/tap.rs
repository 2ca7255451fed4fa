//! What the reply topic brought: a tap goes through the one gate, and whatever is none changes nothing.

use super::{
    handset::Note,
    token::{Choice, Token},
};
use crate::{
    channels::ntfy::Reply,
    domain::{
        Actor, Change, ChangeId, Fact, Via,
        artifact::{Agreed, ApprovalRequest, Decision, Reason},
        time,
    },
    engine::{Caller, Engine, EngineError, lock},
    room::protocol::{Answer, Refusal, RefusalCode},
};

/// What `doctor` posts to see it come back, followed by letters and digits.
pub(super) const PROBE: &str = "sixfold doctor ";

/// Tokens whose refusal was told and recorded; a repetition is neither.
const ANSWERED: usize = 4_096;

/// How a message was taken.
pub(super) enum Taken {
    /// It had an effect, or would have had.
    Tap,
    /// None of this room's tokens.
    Noise,
}

impl Engine {
    /// Handles one message. `again` where an earlier process may have handled it and was ended over it.
    /// An error is the room's own: the message is to be tried again.
    pub(super) async fn take_reply(
        &self,
        reply: &Reply,
        again: bool,
    ) -> Result<Taken, EngineError> {
        let Some(phone) = self.phone.get() else {
            return Ok(Taken::Noise);
        };
        if is_probe(&reply.message) {
            return Ok(Taken::Noise);
        }
        let Some(token) = Token::parse(&reply.message) else {
            return self.noise(None).await;
        };
        let Some(change) = self.store.change(token.change)? else {
            return self.noise(None).await;
        };
        let Some(request) = self.question(&change, &token)? else {
            return self.forged(&token.person, change.id).await;
        };
        let first = {
            let mut answered = lock(&phone.answered);
            if answered.len() == ANSWERED {
                answered.clear();
            }
            !answered.contains(token.nonce)
        };
        if !first {
            tracing::debug!(change = %change.id, "a token that was refused before came again");
            return Ok(Taken::Tap);
        }
        if let Some(why) = self.redeem(&token, &change, &request, again).await? {
            lock(&phone.answered).insert(token.nonce.to_owned());
            if let Some(handset) = phone.handset(&token.person) {
                let change = change.id;
                handset.tell(Note {
                    change,
                    why,
                    forged: false,
                });
            }
        }
        Ok(Taken::Tap)
    }

    /// The question that this token was made for; none where this room made it for none.
    fn question(
        &self,
        change: &Change,
        token: &Token<'_>,
    ) -> Result<Option<ApprovalRequest>, EngineError> {
        let Some(phone) = self.phone.get() else {
            return Ok(None);
        };
        let is_this = |request: &ApprovalRequest| token.is_for(&phone.key, request);
        if let Some(open) = change.request.as_ref().filter(|request| is_this(request)) {
            return Ok(Some(open.clone()));
        }
        let earlier = self.store.entries_of(change.id)?;
        Ok(earlier
            .into_iter()
            .find_map(|recorded| match recorded.entry.fact {
                Fact::ApprovalRequested(request) if is_this(&request) => Some(request),
                _ => None,
            }))
    }

    /// Decides, or says why not.
    async fn redeem(
        &self,
        token: &Token<'_>,
        change: &Change,
        request: &ApprovalRequest,
        again: bool,
    ) -> Result<Option<String>, EngineError> {
        let caller = Caller {
            actor: token.person.clone(),
            via: Via::Tap,
            readonly: false,
        };
        let id = change.id;
        let answer = match token.choice {
            Choice::Approve => Answer::Approve,
            Choice::Deny(code) => Answer::Deny(Reason {
                code,
                note: String::new(),
            }),
        };
        let attempt = answer.attempt().word();
        let refused = async |why| {
            let code = RefusalCode::Forbidden;
            undone(self.refuse(&caller, Some(id), attempt, code, why).await)
        };
        if self.is_elsewhere(token) && !(again && is_theirs(change, token)) {
            let person = &token.person;
            let why = format!("it was pressed on a topic that is not {person}'s any more");
            return refused(why).await;
        }
        let open = change.request.as_ref().map(|open| open.round);
        if open != Some(request.round) && change.approval.is_none() {
            let why = format!(
                "this was round {}, which expired at {}",
                request.round,
                time::to_minute(request.expires)
            );
            return refused(why).await;
        }
        // The entry was made, and the process ended before the place in the stream was kept.
        if again && is_theirs(change, token) {
            return Ok(None);
        }
        match self.decide(&caller, id, &request.plan_hash, answer).await {
            Ok(_) => Ok(None),
            Err(refusal) => undone(refusal),
        }
    }

    /// Whether its button lies on another topic than its person's, such as that of a phone they lost.
    fn is_elsewhere(&self, token: &Token<'_>) -> bool {
        self.phone.get().is_some_and(|phone| {
            let handset = phone.handset(&token.person);
            handset.is_some_and(|handset| !token.is_on(&phone.key, &handset.topic))
        })
    }

    /// It has a token's form, and this room made it for no question of that change. Nobody is believed to
    /// have sent it, but whoever it names is to know, within bounds.
    async fn forged(&self, person: &Actor, change: ChangeId) -> Result<Taken, EngineError> {
        let now = self.now();
        let handset = self.phone.get().and_then(|phone| phone.handset(person));
        let Some(handset) = handset.filter(|handset| !handset.state().was_warned(now)) else {
            return self.noise(Some(change)).await;
        };
        let why = format!("a button that is none of this room's was pressed in {person}'s name");
        self.record_noise(Some(change), why).await?;
        let note = Note {
            change,
            why: "A button that is none of this room's was pressed in your name. Nothing happened"
                .to_owned(),
            forged: true,
        };
        handset.warn(note, now);
        Ok(Taken::Noise)
    }

    /// It names nobody who has to know, so nobody is told; the ledger has it, within bounds.
    async fn noise(&self, change: Option<ChangeId>) -> Result<Taken, EngineError> {
        let before = self.phone.get().and_then(|phone| {
            let now = self.now();
            lock(&phone.flood).another(now)
        });
        if let Some(before) = before {
            let what = "a message on the reply topic is no token of this room";
            let why = match before {
                0 => what.to_owned(),
                before => format!("{what}; so were {before} before it"),
            };
            self.record_noise(change, why).await?;
        }
        Ok(Taken::Noise)
    }

    /// Puts on record how many such messages there were besides, once their hour is over.
    pub(super) async fn settle_noise(&self, ending: bool) -> Result<(), EngineError> {
        let left = self.phone.get().and_then(|phone| {
            let now = self.now();
            lock(&phone.flood).left(now, ending)
        });
        match left {
            Some(left) => {
                let why =
                    format!("{left} more messages on the reply topic were no tokens of this room");
                self.record_noise(None, why).await
            }
            None => Ok(()),
        }
    }

    async fn record_noise(&self, change: Option<ChangeId>, why: String) -> Result<(), EngineError> {
        tracing::warn!("{why}");
        let nobody = Caller {
            actor: Actor::Room,
            via: Via::Tap,
            readonly: false,
        };
        let recorded = self.record_refusal(&nobody, change, "decide by a tap", &why);
        recorded
            .await
            .map_err(|refusal| EngineError::Undecided(refusal.message))
    }
}

/// Why a tap did nothing, which is on record by then; an error where the room itself failed.
fn undone(refusal: Refusal) -> Result<Option<String>, EngineError> {
    match refusal.code {
        RefusalCode::Failed => Err(EngineError::Undecided(refusal.message)),
        _ => Ok(Some(refusal.message)),
    }
}

/// Whether the decision on record is the one that this token asks for, or their part of it.
fn is_theirs(change: &Change, token: &Token<'_>) -> bool {
    let mut agreed = change.agreed.iter();
    let theirs = |agreed: &Agreed| agreed.by == token.person && agreed.via == Via::Tap;
    if token.choice == Choice::Approve && agreed.any(theirs) {
        return true;
    }
    change.approval.as_ref().is_some_and(|approval| {
        let same = match token.choice {
            Choice::Approve => approval.decision == Decision::Approved,
            Choice::Deny(code) => {
                approval.decision == Decision::Denied
                    && approval
                        .reason
                        .as_ref()
                        .is_some_and(|reason| reason.code == code)
            }
        };
        same && approval.via == Via::Tap && approval.by == token.person
    })
}

/// Whether it has the form of a token, be it believed or not.
pub(super) fn is_token(message: &str) -> bool {
    Token::parse(message).is_some()
}

fn is_probe(message: &str) -> bool {
    message.strip_prefix(PROBE).is_some_and(|rest| {
        (1..=32).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
