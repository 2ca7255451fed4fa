//! Where S3 Control is found, which is asked about the account and not about a bucket.
//!
//! On AWS the account goes before the host (`111122223333.s3-control.eu-west-1.amazonaws.com`), and the
//! SDK puts it before a configured endpoint too. `111122223333.127.0.0.1` is no host at all, and
//! `111122223333.localhost` is one for some resolvers only, so an endpoint that takes no names before
//! its own is asked as it is: the account is in the header `x-amz-account-id` of every request anyway.

use std::net::IpAddr;

use aws_sdk_s3control::config::endpoint::{
    DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint,
};
use aws_smithy_types::endpoint::EndpointAuthScheme;

#[derive(Debug)]
pub(super) struct Resolver {
    /// The config says that the endpoint takes no bucket names before its own, so no accounts either.
    path_style: bool,
    sdk: DefaultResolver,
}

impl Resolver {
    pub(super) fn new(path_style: bool) -> Self {
        Self {
            path_style,
            sdk: DefaultResolver::new(),
        }
    }
}

impl ResolveEndpoint for Resolver {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        let (Some(url), Some(region), Some(_)) =
            (params.endpoint(), params.region(), params.account_id())
        else {
            return self.sdk.resolve_endpoint(params);
        };
        if !self.path_style && !alone(url) {
            return self.sdk.resolve_endpoint(params);
        }
        let signing = EndpointAuthScheme::with_capacity("sigv4", 3)
            .put("disableDoubleEncoding", true)
            .put("signingName", "s3".to_owned())
            .put("signingRegion", region.to_owned());
        let endpoint = Endpoint::builder()
            .url(url.to_owned())
            .auth_scheme(signing)
            .build();
        EndpointFuture::ready(Ok(endpoint))
    }
}

/// Whether the URL's host is an address or a name without a domain.
fn alone(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    if authority.starts_with('[') {
        return true;
    }
    let host = authority.split(':').next().unwrap_or_default();
    host.parse::<IpAddr>().is_ok() || !host.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn url(path_style: bool, region: &str, endpoint: Option<&str>) -> String {
        let params = Params::builder()
            .region(region)
            .set_endpoint(endpoint.map(str::to_owned))
            .account_id("111122223333")
            .requires_account_id(true)
            .build()
            .unwrap();
        let resolver = Resolver::new(path_style);
        let endpoint = resolver.resolve_endpoint(&params).await.unwrap();
        endpoint.url().to_owned()
    }

    #[tokio::test]
    async fn an_endpoint_that_takes_no_account_before_its_host_is_asked_as_it_is() {
        for (path_style, endpoint, asked) in [
            (false, "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            (false, "http://[::1]:9000", "http://[::1]:9000"),
            (false, "http://localhost:9000", "http://localhost:9000"),
            (false, "http://moto:5000/s3", "http://moto:5000/s3"),
            (true, "https://s3.acme.internal", "https://s3.acme.internal"),
            (
                false,
                "https://control.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com",
                "https://111122223333.control.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com",
            ),
        ] {
            assert_eq!(url(path_style, "us-east-1", Some(endpoint)).await, asked);
        }
    }

    #[tokio::test]
    async fn on_aws_the_account_and_the_region_are_in_the_host_of_every_partition() {
        for (region, asked) in [
            (
                "eu-west-1",
                "https://111122223333.s3-control.eu-west-1.amazonaws.com",
            ),
            (
                "us-gov-west-1",
                "https://111122223333.s3-control.us-gov-west-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                "https://111122223333.s3-control.cn-north-1.amazonaws.com.cn",
            ),
        ] {
            assert_eq!(url(true, region, None).await, asked);
        }
    }
}
