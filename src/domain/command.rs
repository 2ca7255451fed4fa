//! The `aws` command that does what the room does: shown to the approver, hashed into the plan,
//! stored for whoever must revert with nothing of ours at hand.

use serde::{Deserialize, Serialize};

/// One `aws` command line, as words; the text is made from them and never parsed back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Command {
    /// `["aws", "s3api", "put-bucket-acl"]`
    pub call: Vec<String>,
    /// Options in order, each with its value; one with an empty value stands alone.
    pub options: Vec<(String, String)>,
}

/// Longest line of a printed command before an option's value moves to a line of its own.
const WIDTH: usize = 56;

impl Command {
    /// `aws s3api CALL --bucket BUCKET`
    pub fn s3api(call: &str, bucket: &str) -> Self {
        Self {
            call: ["aws", "s3api", call].map(str::to_owned).to_vec(),
            options: vec![("--bucket".to_owned(), bucket.to_owned())],
        }
    }

    /// `aws s3control CALL --account-id ACCOUNT`
    pub fn s3control(call: &str, account: &str) -> Self {
        Self {
            call: ["aws", "s3control", call].map(str::to_owned).to_vec(),
            options: vec![("--account-id".to_owned(), account.to_owned())],
        }
    }

    #[must_use]
    pub fn with(mut self, option: &str, value: impl Into<String>) -> Self {
        self.options.push((option.to_owned(), value.into()));
        self
    }

    /// An option that stands alone, such as `--skip-destination-validation`.
    #[must_use]
    pub fn flag(self, option: &str) -> Self {
        self.with(option, "")
    }

    /// Every word, unquoted, for running it without a shell.
    pub fn words(&self) -> Vec<String> {
        let mut words = self.call.clone();
        for (option, value) in &self.options {
            words.push(option.clone());
            if !value.is_empty() {
                words.push(value.clone());
            }
        }
        words
    }

    /// As a person reads it and pastes it into a POSIX shell: one option a line.
    pub fn text(&self) -> String {
        let mut text = self.call.join(" ");
        for (option, value) in &self.options {
            if value.is_empty() {
                text.push_str(" \\\n  ");
                text.push_str(option);
                continue;
            }
            let value = quoted(value);
            let joint = if option.len() + value.len() + 3 > WIDTH {
                " \\\n  "
            } else {
                " "
            };
            text.push_str(" \\\n  ");
            text.push_str(option);
            text.push_str(joint);
            text.push_str(&value);
        }
        text
    }
}

/// Quotes a word for a POSIX shell where it holds anything that a shell would read.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_moves_to_its_own_line_as_in_the_walkthrough() {
        let command = Command::s3api("put-bucket-acl", "acme-prod-customer-exports").with(
            "--access-control-policy",
            "file://acl-snapshot-CHG-2026-0418-114.json",
        );
        assert_eq!(
            command.text(),
            "aws s3api put-bucket-acl \\\n  --bucket acme-prod-customer-exports \\\n  \
             --access-control-policy \\\n  file://acl-snapshot-CHG-2026-0418-114.json"
        );
    }

    #[test]
    fn an_option_may_stand_alone() {
        let command = Command::s3api("put-x", "b")
            .flag("--skip")
            .with("--x", "{}");
        assert_eq!(
            command.text(),
            "aws s3api put-x \\\n  --bucket b \\\n  --skip \\\n  --x '{}'"
        );
        assert_eq!(
            command.words()[3..],
            ["--bucket", "b", "--skip", "--x", "{}"]
        );
    }

    #[test]
    fn a_value_that_a_shell_would_read_is_quoted() {
        assert_eq!(quoted("it's $(rm)"), r"'it'\''s $(rm)'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("Status=Enabled"), "Status=Enabled");
    }
}
