//! Who the room is to S3: what a bucket policy can tell it by. Without it nobody could say whether a
//! policy shuts the room itself out.

/// The credentials that the room's calls carry, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The twelve digits of the account that the credentials belong to; none where nobody said.
    pub account: Option<String>,
    /// The role or user, such as `arn:aws:iam::123456789012:role/sixfold`; the session's ARN, as STS
    /// gives it, does as well. None where only keys are known.
    pub arn: Option<String>,
    /// The role that writes, where it is not the one that looks.
    pub writer: Option<String>,
    /// Calls leave this machine without TLS, to an endpoint that was configured so.
    pub in_the_clear: bool,
}
