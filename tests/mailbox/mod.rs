//! A mail server on loopback, as much of [SMTP](https://www.rfc-editor.org/rfc/rfc5321) as a sender
//! uses: keeps the mails it took, and answers to `DATA` as it is told.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

#[derive(Default)]
struct Shared {
    /// What was said, line by line, on all connections.
    said: Mutex<Vec<String>>,
    mails: Mutex<Vec<String>>,
    /// Answers to the next mails; `250 taken` when it is empty.
    next: Mutex<VecDeque<&'static str>>,
}

pub struct Mailbox {
    pub port: u16,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Mailbox {
    /// It says that it can do these things; TLS is not among them unless they name it.
    pub async fn start(extensions: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move {
                    let _ = serve(stream, &shared, extensions).await;
                });
            }
        });
        Self { port, shared, task }
    }

    pub fn mails(&self) -> Vec<String> {
        self.shared.mails.lock().unwrap().clone()
    }

    pub fn said(&self) -> Vec<String> {
        self.shared.said.lock().unwrap().clone()
    }

    pub fn answer_with(&self, answers: impl IntoIterator<Item = &'static str>) {
        self.shared.next.lock().unwrap().extend(answers);
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared, extensions: &[&str]) -> std::io::Result<()> {
    let (reader, mut out) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    out.write_all(b"220 mailbox\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        shared.said.lock().unwrap().push(line.clone());
        let word = line.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match word.as_str() {
            "EHLO" => {
                let mut answer = "250-mailbox\r\n".to_owned();
                for extension in extensions {
                    answer.push_str(&format!("250-{extension}\r\n"));
                }
                answer + "250 8BITMIME"
            }
            "AUTH" => "235 come in".to_owned(),
            "DATA" => {
                out.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    // A dot at a line's beginning is sent twice.
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push('\n');
                }
                shared.mails.lock().unwrap().push(mail);
                let next = shared.next.lock().unwrap().pop_front();
                next.unwrap_or("250 taken").to_owned()
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 good".to_owned(),
        };
        out.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
