//! Which questions go out now.

use std::time::Duration;

use super::exempt;
use crate::{
    room::protocol::{PAGE as LARGEST_PAGE, Request},
    tui::{
        effect::Effect,
        model::{Model, Pane, Sheet},
        msg::Question,
        state::{CHUNK, Topic},
    },
};

pub fn due(model: &mut Model, now: Duration) -> Vec<Effect> {
    let mut effects = Vec::new();
    for topic in model.feeds.due(now) {
        let Some((request, at)) = request(model, topic) else {
            model.feeds.drop(topic);
            continue;
        };
        let known = model.feeds.known(topic, &request);
        let serial = model.feeds.sent(topic, now, &request);
        let question = Question::Feed { topic, serial, at };
        effects.push(Effect::Ask {
            question,
            request,
            known,
        });
    }
    effects
}

pub const fn shows_ledger(model: &Model) -> bool {
    matches!(model.pane, Pane::Ledger)
}

/// The question on a topic as it would be put now, and where its answer belongs; none when nothing
/// shows the topic any more.
fn request(model: &Model, topic: Topic) -> Option<(Request, usize)> {
    let all = |request| Some((request, 0));
    match topic {
        Topic::Status => all(Request::Status),
        Topic::Queue => {
            let offset = model.queue.wanted_offset();
            let request = Request::Queue {
                filter: model.queue_filter.clone(),
                arrangement: model.arrangement,
                offset,
                limit: CHUNK,
            };
            Some((request, offset))
        }
        Topic::Pending => {
            let offset = model.pending.wanted_offset();
            let request = Request::Pending {
                offset,
                limit: CHUNK,
            };
            Some((request, offset))
        }
        Topic::Change => all(Request::Change { id: model.subject? }),
        Topic::Diff => all(Request::Diff { id: model.subject? }),
        Topic::Behind => all(Request::Behind { id: model.subject? }),
        Topic::References => all(Request::References { id: model.subject? }),
        Topic::Ledger => {
            let wanted = model.ledger.wanted().filter(|_| shows_ledger(model))?;
            let request = Request::Ledger {
                filter: model.ledger.filter.clone(),
                before: wanted.before,
                limit: wanted.limit,
            };
            Some((request, wanted.page))
        }
        Topic::Entry => all(Request::Entry {
            seq: model.ledger.opened?,
        }),
        Topic::Unknowns if model.sheet == Some(Sheet::Unknowns) => all(Request::Unknowns {
            offset: 0,
            limit: LARGEST_PAGE,
        }),
        Topic::Exceptions if exempt::shown(model) => all(Request::Exceptions),
        Topic::Calls if model.sheet == Some(Sheet::Calls) => all(Request::Calls {
            before: None,
            limit: LARGEST_PAGE,
        }),
        Topic::Log if model.sheet == Some(Sheet::Log) => all(Request::Log {
            before: None,
            limit: LARGEST_PAGE,
        }),
        Topic::Doctor if model.sheet == Some(Sheet::Doctor) => all(Request::Doctor),
        Topic::Trends if model.sheet == Some(Sheet::Trends) => {
            all(Request::Trends { span: model.span })
        }
        Topic::Coverage if model.pane == Pane::Coverage => all(Request::Coverage),
        Topic::Controls if model.sheet == Some(Sheet::Controls) => {
            let (framework, version) = model.coverage.opened.clone()?;
            all(Request::Controls {
                framework,
                version,
                offset: 0,
                limit: LARGEST_PAGE,
            })
        }
        Topic::Unknowns
        | Topic::Exceptions
        | Topic::Calls
        | Topic::Log
        | Topic::Doctor
        | Topic::Trends
        | Topic::Coverage
        | Topic::Controls => None,
    }
}
