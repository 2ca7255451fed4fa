//! Which bucket of the demo estate has which faults.

use super::{
    fault::Fault::{
        self, AuthenticatedRead, MaskedPublicRead, NoBlock, NoClassTag, NoEnvTag, NoOwnerTag,
        NoPolicy, PartialBlock, PlainEncryption, PolicyWithoutTls, PublicRead, PublicWrite,
        VersioningOff, VersioningSuspended,
    },
    served::Served::{
        self, Accelerated, CredentialsEverywhere, ForeignLogs, LogsToItself, NoEvents, NoLogging,
        PlainHttpOrigin, PublicLogs, RequesterPays, StrangersQueue, Trail, Website,
        WritableFromEverywhere,
    },
};

/// One bucket. It gets all mandatory tags before its faults take some away.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub name: &'static str,
    /// `None`: where most of the estate is.
    pub region: Option<&'static str>,
    pub env: &'static str,
    pub owner: &'static str,
    pub class: &'static str,
    pub faults: &'static [Fault],
    pub served: &'static [Served],
}

const fn row(
    name: &'static str,
    env: &'static str,
    owner: &'static str,
    class: &'static str,
    faults: &'static [Fault],
) -> Row {
    Row {
        name,
        region: None,
        env,
        owner,
        class,
        faults,
        served: &[],
    }
}

const fn serving(served: &'static [Served], row: Row) -> Row {
    Row { served, ..row }
}

const fn at(region: &'static str, row: Row) -> Row {
    Row {
        region: Some(region),
        ..row
    }
}

/// Reads that are refused for good: the operation, on the bucket.
pub(super) const UNREADABLE: [(&str, &str); 2] = [
    ("acme-prod-legal-hold", "GetBucketPolicy"),
    ("acme-staging-ml-features", "GetBucketPolicy"),
];

#[rustfmt::skip]
pub(super) const BUCKETS: [Row; 31] = [
    // Without a fault.
    row("acme-prod-payments-ledger", "prod", "payments@acme.com", "restricted", &[]),
    row("acme-prod-terraform-state", "prod", "platform@acme.com", "confidential", &[]),
    serving(&[Accelerated], row("acme-prod-product-images", "prod", "web@acme.com", "internal", &[])),
    row("acme-staging-payments-ledger", "staging", "payments@acme.com", "confidential", &[]),
    row("acme-dev-ci-artifacts", "dev", "platform@acme.com", "internal", &[]),
    at("eu-west-1", row("acme-prod-eu-customer-records", "prod", "customer-data@acme.com", "restricted", &[])),

    // Production: these wait for a person.
    serving(&[Trail, NoLogging], row("acme-prod-audit-trail", "prod", "platform-security@acme.com", "confidential", &[])),
    serving(&[Website], row("acme-prod-marketing-assets", "prod", "marketing@acme.com", "public", &[PublicRead, NoPolicy])),
    serving(&[Accelerated], row("acme-prod-partner-dropbox", "prod", "partnerships@acme.com", "confidential", &[PublicWrite, PolicyWithoutTls])),
    serving(&[RequesterPays], row("acme-prod-data-science", "prod", "data-science@acme.com", "confidential", &[AuthenticatedRead])),
    row("acme-prod-billing-exports", "prod", "finance@acme.com", "confidential", &[PartialBlock, PlainEncryption]),
    row("acme-prod-elb-logs", "prod", "platform@acme.com", "internal", &[PolicyWithoutTls, VersioningOff]),
    serving(&[WritableFromEverywhere, StrangersQueue], row("acme-prod-mobile-uploads", "prod", "mobile@acme.com", "confidential", &[NoPolicy, PlainEncryption])),
    serving(&[Website], row("acme-prod-support-attachments", "prod", "support@acme.com", "confidential", &[VersioningSuspended, NoOwnerTag])),
    row("acme-prod-legal-hold", "prod", "legal@acme.com", "restricted", &[]),
    serving(&[NoLogging, NoEvents], row("acme-prod-orders-archive", "prod", "orders@acme.com", "internal", &[NoClassTag, VersioningOff])),
    row("acme-prod-newsletter", "prod", "marketing@acme.com", "internal", &[MaskedPublicRead]),
    serving(&[NoLogging], at("eu-west-1", row("acme-prod-eu-invoices", "prod", "finance@acme.com", "confidential", &[PlainEncryption, NoPolicy]))),
    at("us-west-2", row("acme-prod-dr-replica", "prod", "platform@acme.com", "confidential", &[PartialBlock])),
    // No env tag: taken for production until somebody says otherwise.
    row("acme-shared-datalake-raw", "prod", "data-platform@acme.com", "confidential", &[NoEnvTag, NoBlock]),

    // Staging and development: these run on their own.
    serving(&[Website, PlainHttpOrigin], row("acme-staging-web-assets", "staging", "web@acme.com", "internal", &[PublicRead, NoPolicy])),
    serving(&[NoLogging, CredentialsEverywhere], row("acme-staging-load-tests", "staging", "platform@acme.com", "internal", &[NoBlock, VersioningOff])),
    row("acme-staging-partner-feed", "staging", "partnerships@acme.com", "confidential", &[PolicyWithoutTls, PlainEncryption]),
    row("acme-staging-ml-features", "staging", "data-science@acme.com", "confidential", &[PlainEncryption]),
    serving(&[StrangersQueue, PublicLogs], row("acme-staging-search-index", "staging", "search@acme.com", "internal", &[NoOwnerTag, NoClassTag])),
    row("acme-dev-sandbox-alex", "dev", "platform@acme.com", "internal", &[PublicWrite, NoBlock, NoPolicy]),
    serving(&[LogsToItself], row("acme-dev-notebooks", "dev", "data-science@acme.com", "internal", &[AuthenticatedRead, VersioningOff])),
    serving(&[WritableFromEverywhere], row("acme-dev-mobile-builds", "dev", "mobile@acme.com", "internal", &[PartialBlock, NoOwnerTag])),
    serving(&[ForeignLogs], row("acme-dev-crash-dumps", "dev", "mobile@acme.com", "confidential", &[PlainEncryption, NoPolicy, VersioningOff])),
    serving(&[NoEvents], row("acme-dev-email-previews", "dev", "marketing@acme.com", "internal", &[VersioningSuspended])),
    serving(&[RequesterPays], at("eu-west-1", row("acme-dev-eu-localisation", "dev", "web@acme.com", "internal", &[NoPolicy, NoClassTag]))),
];
