//! What the room says to one client: answers as soon as they are there, and notices in between.
//!
//! Notices come as quickly as entries, and a screen looks again at most so often. So those of a moment
//! go out together, each but once; where they are very many, or some were missed, one stands for all.

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, WriteHalf},
    sync::{
        broadcast::{self, error::TryRecvError},
        mpsc,
    },
    time::{Instant, sleep_until, timeout},
};

use super::{
    client::LARGEST_FRAME,
    protocol::{Frame, Notice, NoticeKind, Refusal, RefusalCode, Reply, Same},
};
use crate::domain::Digest;

/// A client that takes nothing for this long is gone.
pub const STALLED: Duration = Duration::from_secs(30);

/// Between two times that a client is told of news.
const TELL: Duration = Duration::from_millis(200);

/// Notices that are told one by one at a time.
const TOLD: usize = 64;

/// A request's number, and what it is answered.
pub struct Answered {
    pub id: u64,
    pub said: Said,
}

/// An answer as it goes out: many may be given the same.
#[derive(Clone, Debug)]
pub struct Said {
    reply: Bytes,
    /// Where it is a list that may be right for long.
    list: Option<Listing>,
}

/// A list as those are told who have its rows.
#[derive(Clone, Debug)]
struct Listing {
    tag: Digest,
    beside: Same,
}

impl Listing {
    fn of(reply: &Reply) -> Option<Self> {
        let (rows, total, unsearched) = match reply {
            Reply::Rows(rows) => (serde_json::to_vec(&rows.items), rows.total, rows.unsearched),
            Reply::Pending(page) => (serde_json::to_vec(&page.items), page.total, 0),
            _ => return None,
        };
        Some(Self {
            tag: Digest::of(rows.ok()?),
            beside: Same { total, unsearched },
        })
    }
}

impl Said {
    pub fn of(reply: &Result<Reply, Refusal>) -> Self {
        Self {
            reply: encoded(reply),
            list: reply.as_ref().ok().and_then(Listing::of),
        }
    }

    /// The same for somebody who has rows already.
    pub fn beside(self, known: Option<&Digest>) -> Self {
        let Some(list) = self.list.as_ref().filter(|list| Some(&list.tag) == known) else {
            return self;
        };
        Self {
            reply: encoded(&Ok(Reply::Same(list.beside))),
            ..self
        }
    }
}

/// Ends when the client is gone, or everybody who may have an answer for it.
pub async fn send<S: AsyncRead + AsyncWrite>(
    mut writer: WriteHalf<S>,
    mut queue: mpsc::Receiver<Answered>,
    notices: broadcast::Receiver<Notice>,
) {
    let mut news = News {
        notices,
        from: Instant::now(),
    };
    loop {
        let written = tokio::select! {
            answered = queue.recv() => match answered {
                Some(answered) => timeout(STALLED, write(&mut writer, answered)).await,
                None => return,
            },
            notices = news.next() => {
                let Some(notices) = notices else { return };
                let frames = notices.into_iter().filter_map(framed).flatten().collect::<Vec<_>>();
                timeout(STALLED, writer.write_all(&frames)).await
            }
        };
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
    }
}

/// Writes one answer, as it is shared with others.
pub async fn write<S: AsyncRead + AsyncWrite>(
    writer: &mut WriteHalf<S>,
    Answered { id, said }: Answered,
) -> std::io::Result<()> {
    let Said { reply, list } = said;
    let tag = list.map_or_else(String::new, |list| format!(r#""tag":"{}","#, list.tag));
    let (head, tail) = (format!(r#"{{"answer":{{"id":{id},{tag}"reply":"#), "}}");
    // It was made to be no longer than a frame may be.
    let length = u32::try_from(head.len() + reply.len() + tail.len()).unwrap_or(u32::MAX);
    let head = [&length.to_be_bytes()[..], head.as_bytes()].concat();
    let mut frame = head.chain(reply).chain(tail.as_bytes());
    writer.write_all_buf(&mut frame).await
}

/// A reply as it stands in the frame of each who is given it; one that is too large becomes a refusal,
/// so that nobody is left waiting.
fn encoded(reply: &Result<Reply, Refusal>) -> Bytes {
    /// Bytes of a frame beside its reply.
    const FRAME: usize = 160;
    let refusal = |message: &str| {
        let reply: Result<Reply, Refusal> = Err(Refusal {
            code: RefusalCode::Failed,
            message: message.to_owned(),
        });
        serde_json::to_vec(&reply).unwrap_or_default()
    };
    let bytes = match serde_json::to_vec(reply) {
        Ok(bytes) if bytes.len() + FRAME > LARGEST_FRAME => {
            refusal("this answer is too large for one frame: ask for fewer rows")
        }
        Ok(bytes) => bytes,
        Err(error) => refusal(&format!("this answer can't be told: {error}")),
    };
    bytes.into()
}

fn framed(notice: Notice) -> Option<Vec<u8>> {
    let bytes = serde_json::to_vec(&Frame::Notice(notice)).ok()?;
    let length = u32::try_from(bytes.len()).ok()?;
    Some([&length.to_be_bytes()[..], &bytes].concat())
}

/// Notices on their way to one client.
struct News {
    notices: broadcast::Receiver<Notice>,
    /// Nothing is told before then.
    from: Instant,
}

impl News {
    /// The next to be told together; none once there are no more.
    async fn next(&mut self) -> Option<Vec<Notice>> {
        // Nothing is heard meanwhile: what waits is taken then, in one go.
        sleep_until(self.from).await;
        let mut told = Together::default();
        match self.notices.recv().await {
            Ok(notice) => told.add(notice),
            Err(broadcast::error::RecvError::Lagged(_)) => told.missed(),
            Err(broadcast::error::RecvError::Closed) => return None,
        }
        loop {
            match self.notices.try_recv() {
                Ok(notice) => told.add(notice),
                Err(TryRecvError::Lagged(_)) => told.missed(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        self.from = Instant::now() + TELL;
        Some(told.notices())
    }
}

/// Notices of one moment, each but once.
#[derive(Default)]
struct Together {
    notices: Vec<Notice>,
    all: bool,
    revision: u64,
}

impl Together {
    fn add(&mut self, notice: Notice) {
        self.revision = self.revision.max(notice.revision);
        let same = |one: &&mut Notice| one.kind == notice.kind && one.change == notice.change;
        if let Some(same) = self.notices.iter_mut().find(same) {
            same.revision = notice.revision;
        } else if self.notices.len() < TOLD {
            self.notices.push(notice);
        } else {
            self.missed();
        }
    }

    fn missed(&mut self) {
        self.all = true;
    }

    fn notices(mut self) -> Vec<Notice> {
        if self.all {
            // Of entries one stands for all, and says of no other kind that there was none.
            self.notices
                .retain(|notice| notice.kind != NoticeKind::Entry);
            self.notices.push(Notice::of_anything(self.revision));
        }
        self.notices
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::domain::ChangeId;

    const fn of(number: u64, revision: u64) -> Notice {
        Notice {
            kind: NoticeKind::Entry,
            change: Some(ChangeId::new(2026, number)),
            revision,
        }
    }

    const SCAN: Notice = Notice {
        kind: NoticeKind::Scan,
        change: None,
        revision: 9,
    };

    #[tokio::test(start_paused = true)]
    async fn news_of_a_moment_are_told_together_each_once_and_the_first_of_them_at_once() {
        let (sender, notices) = broadcast::channel(16);
        let from = Instant::now();
        let mut news = News { notices, from };
        sender.send(of(1, 1)).unwrap();
        assert_eq!(news.next().await, Some(vec![of(1, 1)]));
        assert_eq!(from.elapsed(), Duration::ZERO);
        for notice in [of(1, 2), SCAN, of(2, 3), SCAN, of(1, 4)] {
            sender.send(notice).unwrap();
        }
        let told = news.next().await;
        assert_eq!(told, Some(vec![of(1, 4), SCAN, of(2, 3)]));
        assert_eq!(from.elapsed(), TELL);
        drop(sender);
        assert_eq!(news.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn where_some_were_missed_or_are_very_many_one_stands_for_all_entries() {
        let (sender, notices) = broadcast::channel(16);
        let from = Instant::now();
        let mut news = News { notices, from };
        for revision in 1..=40 {
            sender.send(of(revision, revision)).unwrap();
        }
        sender.send(SCAN).unwrap();
        let told = news.next().await;
        assert_eq!(told, Some(vec![SCAN, Notice::of_anything(40)]));

        let (sender, notices) = broadcast::channel(1_024);
        let mut news = News { notices, from };
        for revision in 1..=1_000 {
            sender.send(of(revision, revision)).unwrap();
        }
        let told = news.next().await;
        assert_eq!(told, Some(vec![Notice::of_anything(1_000)]));
    }
}
