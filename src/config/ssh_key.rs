//! A person's public key, as OpenSSH writes it into `id_ed25519.pub`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// What OpenSSH still takes by default, from
/// [ssh-keygen(1)](https://man.openbsd.org/ssh-keygen.1): no DSA.
const KINDS: [&str; 7] = [
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
];

/// Kind and key; options and comment are ours to write.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SshKey {
    kind: String,
    blob: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SshKeyError {
    #[error(
        "a public key such as `ssh-ed25519 AAAA…` is wanted, as the file that ends in .pub has it"
    )]
    NoKey,
    #[error("`{0}` is no kind of key that OpenSSH takes: one of {known} is wanted", known = KINDS.join(", "))]
    Kind(String),
    #[error("the key behind `{0}` is damaged or cut off")]
    Damaged(&'static str),
}

impl TryFrom<String> for SshKey {
    type Error = SshKeyError;

    fn try_from(text: String) -> Result<Self, SshKeyError> {
        let mut words = text.split_whitespace();
        let (Some(kind), Some(blob)) = (words.next(), words.next()) else {
            return Err(SshKeyError::NoKey);
        };
        let kind = KINDS
            .into_iter()
            .find(|known| *known == kind)
            .ok_or_else(|| SshKeyError::Kind(kind.to_owned()))?;
        let bytes = STANDARD
            .decode(blob)
            .map_err(|_| SshKeyError::Damaged(kind))?;
        if is_whole(kind, &bytes) {
            let (kind, blob) = (kind.to_owned(), blob.to_owned());
            Ok(Self { kind, blob })
        } else {
            Err(SshKeyError::Damaged(kind))
        }
    }
}

/// Whether the bytes are strings with their lengths, the first of which is the kind:
/// [RFC 4253, 6.6](https://www.rfc-editor.org/rfc/rfc4253#section-6.6).
fn is_whole(kind: &str, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut parts = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((part, behind)) = behind.split_at_checked(length) else {
            return false;
        };
        parts.push(part);
        rest = behind;
    }
    rest.is_empty() && parts.len() > 1 && parts[0] == kind.as_bytes()
}

impl std::fmt::Display for SshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.blob)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILRA5z95A1UYNRIK78J8cwxUPEI9tOWq7Smgv2ss2VAL";

    fn read(text: &str) -> Result<SshKey, SshKeyError> {
        SshKey::try_from(text.to_owned())
    }

    #[test]
    fn a_key_is_kept_without_its_comment_so_that_nothing_can_hide_in_one() {
        let key = read(&format!("{KEY} nina@laptop\" ssh-rsa x")).unwrap();
        assert_eq!(key.to_string(), KEY);
    }

    #[test]
    fn options_other_kinds_and_keys_that_are_cut_off_are_refused() {
        for text in [
            "",
            "ssh-ed25519",
            "command=\"x\" ssh-ed25519 AAAA",
            "ssh-dss AAAAB3NzaC1kc3M=",
            &KEY[..KEY.len() - 4],
            &KEY.replace("ssh-ed25519", "ssh-rsa"),
            "ssh-ed25519 not*base64",
        ] {
            read(text).unwrap_err();
        }
    }
}
