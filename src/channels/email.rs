//! Mail over SMTP: the record as plain text, to whoever files it.

use std::time::{Duration, SystemTime};

use lettre::{
    Message, SmtpTransport, Transport as _,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use super::{Fault, Record};
use crate::config::{Email, MailTls};

/// For the connection and for each answer of the server.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Cells of the labels' column.
const LABEL: usize = 14;

pub(super) fn send(mail: &Email, record: &Record) -> Result<(), Fault> {
    let message = message(mail, record)
        .map_err(|error| Fault::of_channel(format!("the mail can't be written: {error}")))?;
    let transport = transport(mail)
        .map_err(|_| Fault::of_channel("the TLS settings can't be made".to_owned()))?;
    transport
        .send(&message)
        .map(drop)
        .map_err(|error| Fault::of_channel(cause(&error)))
}

fn transport(mail: &Email) -> Result<SmtpTransport, lettre::transport::smtp::Error> {
    let tls = || TlsParameters::new(mail.server.clone());
    let tls = match mail.tls {
        MailTls::Starttls => Tls::Required(tls()?),
        MailTls::Tls => Tls::Wrapper(tls()?),
        MailTls::Off => Tls::None,
    };
    let mut builder = SmtpTransport::builder_dangerous(mail.server.clone())
        .port(mail.port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if let Some((user, password)) = &mail.login {
        let login = Credentials::new(user.clone(), password.reveal().to_owned());
        builder = builder.credentials(login);
    }
    Ok(builder.build())
}

#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("{0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("{0}")]
    Message(#[from] lettre::error::Error),
}

fn message(mail: &Email, record: &Record) -> Result<Message, Unwritten> {
    let from: Mailbox = mail.from.parse()?;
    let host = from.email.domain().to_owned();
    let mut builder = Message::builder()
        .from(from)
        .subject(&record.title)
        .date(SystemTime::from(record.at))
        // The same over retries, so that a mailbox can tell a repetition.
        .message_id(Some(format!("<{}.{}@{host}>", record.id, mail.name)))
        // No mailbox should answer that its owner is away: https://www.rfc-editor.org/rfc/rfc3834
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        builder = builder.to(to.parse()?);
    }
    Ok(builder.body(text(record))?)
}

fn text(record: &Record) -> String {
    let mut text = format!("{}\n\n", record.text);
    for (label, value) in &record.fields {
        text.push_str(&format!("{:LABEL$}{value}\n", format!("{label}:")));
    }
    text.push_str(&format!("\n{}\n", record.reference()));
    text
}

/// What went wrong without what the server said, which may quote anything.
fn cause(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "the TLS connection failed".to_owned(),
        None if error.is_client() => "the mail server can't do what is wanted".to_owned(),
        None => "no connection".to_owned(),
    }
}
