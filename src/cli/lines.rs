//! `--plain`: the live queue as lines instead of a screen, for screen readers, pipes and logs.
//!
//! First what is open, then a line whenever a change comes to a stage that a person may want to hear of:
//! new, waiting, denied, undone, halted, and how it ended. A line is whole in itself and nothing is ever
//! moved or drawn over. To decide, there is `sixfold approve` beside it.

use std::collections::{BTreeMap, BTreeSet};

use color_eyre::{Result, eyre::eyre};
use tokio::sync::mpsc;

use super::print;
use crate::{
    domain::{ChangeId, Safe, Stage, Stamp},
    room::{
        client::Client,
        protocol::{
            Arrangement, Hello, Notice, NoticeKind, PAGE, Refusal, Reply, Request, Row, Way,
        },
    },
};

/// Prints until `end` comes or the room hangs up.
pub async fn print(
    client: Client,
    notices: mpsc::Receiver<Notice>,
    end: impl Future<Output = ()>,
) -> Result<()> {
    let mut lines = Lines {
        client,
        told: BTreeMap::new(),
    };
    tokio::select! {
        printed = lines.follow(notices) => printed,
        () = end => Ok(()),
    }
}

struct Lines {
    client: Client,
    /// The last word about each change, and whether it was open then.
    told: BTreeMap<ChangeId, (String, bool)>,
}

/// Changes whose last word is remembered; of an older one it may be told twice.
const REMEMBERED: usize = 10_000;

/// Whether this is worth a line: the steps of a fix in between come and go within seconds.
const fn worth_a_line(stage: Stage) -> bool {
    use Stage::{Approved, BackedUp, Checking, Fixed, Fixing, RollbackStored, Unfixed, Verifying};
    !matches!(
        stage,
        Approved | BackedUp | Checking | Fixed | Fixing | RollbackStored | Unfixed | Verifying
    )
}

impl Lines {
    async fn follow(&mut self, mut notices: mpsc::Receiver<Notice>) -> Result<()> {
        self.ask(Request::Hello(Hello::new(Way::Command))).await?;
        if !self.list().await? {
            return Ok(());
        }
        while let Some(notice) = notices.recv().await {
            let read = match (notice.kind, notice.change) {
                (NoticeKind::Entry, Some(id)) => self.look(id).await?,
                // What made room for it may have dropped notices.
                (NoticeKind::Entry | NoticeKind::Room, None) => self.list().await?,
                _ => true,
            };
            if !read {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn ask(&self, request: Request) -> Result<Reply> {
        self.client
            .ask(request)
            .await
            .map_err(|Refusal { message, .. }| eyre!(message))
    }

    /// Everything that is open, and what was before: closed ones come behind those in the queue.
    async fn list(&mut self) -> Result<bool> {
        let open = |(id, (_, open)): (&ChangeId, &(String, bool))| open.then_some(*id);
        let mut before: BTreeSet<_> = self.told.iter().filter_map(open).collect();
        let mut offset = 0;
        loop {
            let reply = self
                .ask(Request::Queue {
                    filter: String::new(),
                    arrangement: Arrangement::default(),
                    offset,
                    limit: PAGE,
                })
                .await?;
            let Reply::Rows(page) = reply else {
                return Ok(true);
            };
            let open = page.items.iter().filter(|row| row.stage.is_open());
            for row in open.clone() {
                before.remove(&row.id);
                if !self.tell(row, row.detected_at)? {
                    return Ok(false);
                }
            }
            if open.count() < PAGE {
                break;
            }
            offset += PAGE;
        }
        for id in before {
            if !self.look(id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn look(&mut self, id: ChangeId) -> Result<bool> {
        match self.ask(Request::Change { id }).await? {
            Reply::Change(change) => self.tell(&Row::of(&change), change.updated_at),
            _ => Ok(true),
        }
    }

    /// False once nobody reads any more.
    fn tell(&mut self, row: &Row, at: Stamp) -> Result<bool> {
        let same = |(word, _): &(String, bool)| *word == row.word;
        if !worth_a_line(row.stage) || self.told.get(&row.id).is_some_and(same) {
            return Ok(true);
        }
        let told = (row.word.clone(), row.stage.is_open());
        self.told.insert(row.id, told);
        if self.told.len() > REMEMBERED {
            self.told.pop_first();
        }
        let line = format!(
            "{} {} {}, {}, {} in {}: {}",
            at.format("%Y-%m-%d %H:%M:%S UTC"),
            row.id,
            row.word,
            row.severity.word(),
            row.bucket,
            row.environment,
            row.violation
        );
        Ok(print::followed(Safe::line(&line).as_str())?)
    }
}
