//! S3 Control: what is asked about an account and not about a bucket. It is another service with an
//! address of its own; here it is at the same endpoint, and told apart by its paths (`/v20180820/…`)
//! and by the header `x-amz-account-id`, which every such request has.
//!
//! Only the account's own callers are let in. Refusals are wrapped as AWS wraps them here, and only
//! here (`<ErrorResponse>` around `<Error>`), which [`http`](super::http) does.

mod access_points;
mod multi_region;
mod points;
mod public_access_block;

use hyper::{HeaderMap, Method, Uri, header::HeaderValue, http::Extensions};
use s3s::{Body, S3Request, S3Response, S3Result, route::S3Route};

use super::{
    errors::{access_denied, not_imitated},
    gate::{Asked, Note},
    roles::{NotAllowed, Wants},
    service::Service,
};
use access_points::Place;

pub(super) use points::Points;

const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";
const PATHS: &str = "/v20180820/";
const ACCOUNT: &str = "x-amz-account-id";
/// Far above any document of this service.
const LARGEST: usize = 64 * 1024;

/// Whether a request is for this service.
pub(super) fn is_control(uri: &Uri, headers: &HeaderMap) -> bool {
    uri.path().starts_with(PATHS) && headers.contains_key(ACCOUNT)
}

/// What is asked, with the access point's name where one is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation<'a> {
    GetPublicAccessBlock,
    PutPublicAccessBlock,
    DeletePublicAccessBlock,
    ListAccessPoints,
    GetAccessPoint(&'a str),
    CreateAccessPoint(&'a str),
    DeleteAccessPoint(&'a str),
    ListMultiRegionAccessPoints,
    CreateMultiRegionAccessPoint,
}

impl<'a> Operation<'a> {
    fn of(method: &Method, uri: &'a Uri) -> Option<Self> {
        let path = uri.path().strip_prefix(PATHS)?.trim_end_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        Some(match (method.as_str(), parts.as_slice()) {
            ("GET", ["configuration", "publicAccessBlock"]) => Self::GetPublicAccessBlock,
            ("PUT", ["configuration", "publicAccessBlock"]) => Self::PutPublicAccessBlock,
            ("DELETE", ["configuration", "publicAccessBlock"]) => Self::DeletePublicAccessBlock,
            ("GET", ["accesspoint"]) => Self::ListAccessPoints,
            ("GET", ["accesspoint", name]) => Self::GetAccessPoint(name),
            ("PUT", ["accesspoint", name]) => Self::CreateAccessPoint(name),
            ("DELETE", ["accesspoint", name]) => Self::DeleteAccessPoint(name),
            ("GET", ["mrap", "instances"]) => Self::ListMultiRegionAccessPoints,
            ("POST", ["async-requests", "mrap", "create"]) => Self::CreateMultiRegionAccessPoint,
            _ => return None,
        })
    }

    /// AWS's name of it.
    const fn name(self) -> &'static str {
        match self {
            Self::GetPublicAccessBlock => "GetPublicAccessBlock",
            Self::PutPublicAccessBlock => "PutPublicAccessBlock",
            Self::DeletePublicAccessBlock => "DeletePublicAccessBlock",
            Self::ListAccessPoints => "ListAccessPoints",
            Self::GetAccessPoint(_) => "GetAccessPoint",
            Self::CreateAccessPoint(_) => "CreateAccessPoint",
            Self::DeleteAccessPoint(_) => "DeleteAccessPoint",
            Self::ListMultiRegionAccessPoints => "ListMultiRegionAccessPoints",
            Self::CreateMultiRegionAccessPoint => "CreateMultiRegionAccessPoint",
        }
    }

    /// The IAM action that it needs.
    const fn action(self) -> &'static str {
        match self {
            Self::GetPublicAccessBlock => "s3:GetAccountPublicAccessBlock",
            Self::PutPublicAccessBlock | Self::DeletePublicAccessBlock => {
                "s3:PutAccountPublicAccessBlock"
            }
            Self::ListAccessPoints => "s3:ListAccessPoints",
            Self::GetAccessPoint(_) => "s3:GetAccessPoint",
            Self::CreateAccessPoint(_) => "s3:CreateAccessPoint",
            Self::DeleteAccessPoint(_) => "s3:DeleteAccessPoint",
            Self::ListMultiRegionAccessPoints => "s3:ListMultiRegionAccessPoints",
            Self::CreateMultiRegionAccessPoint => "s3:CreateMultiRegionAccessPoint",
        }
    }

    /// What the action is on. To look at access points is on none.
    fn resource(self, place: Place<'_>) -> String {
        match self {
            Self::CreateAccessPoint(name) | Self::DeleteAccessPoint(name) => place.arn(name),
            Self::CreateMultiRegionAccessPoint => {
                format!("arn:aws:s3::{}:accesspoint/*", place.account)
            }
            _ => "*".to_owned(),
        }
    }

    const fn access_point(self) -> Option<&'a str> {
        match self {
            Self::GetAccessPoint(name)
            | Self::CreateAccessPoint(name)
            | Self::DeleteAccessPoint(name) => Some(name),
            _ => None,
        }
    }
}

/// This service, and before it everything else that is answered by hand.
pub(super) struct Route(pub Service);

impl Route {
    fn account(headers: &HeaderMap) -> &str {
        let account = headers.get(ACCOUNT);
        account
            .and_then(|account| account.to_str().ok())
            .unwrap_or_default()
    }

    /// `None` where success says nothing at all.
    async fn answer(&self, request: &mut S3Request<Body>) -> S3Result<Option<Body>> {
        let (uri, method) = (request.uri.clone(), request.method.clone());
        let account = Self::account(&request.headers).to_owned();
        let region = place(request, &account).region.to_owned();
        let place = Place {
            account: &account,
            region: &region,
        };
        let (state, now) = (self.0.state(), self.0.gate.clock.now());
        let Some(operation) = Operation::of(&method, &uri) else {
            return Err(not_imitated(&format!("{method} {}", uri.path())));
        };
        let lag = || self.0.stale(operation.name(), &target(&account));
        match operation {
            Operation::GetPublicAccessBlock => {
                public_access_block::get(&state.read(), &account).map(Some)
            }
            Operation::PutPublicAccessBlock => {
                let block = Some(public_access_block::received(request).await?);
                state.write().set_account_block(&account, block, lag());
                Ok(None)
            }
            Operation::DeletePublicAccessBlock => {
                state.write().set_account_block(&account, None, lag());
                Ok(None)
            }
            Operation::ListAccessPoints => {
                let query = uri.query().unwrap_or_default();
                access_points::list(&state.read(), place, query).map(Some)
            }
            Operation::GetAccessPoint(name) => {
                access_points::get(&state.read(), place, name).map(Some)
            }
            Operation::CreateAccessPoint(name) => {
                let wanted = access_points::received(request).await?;
                access_points::create(&mut state.write(), place, name, wanted, now).map(Some)
            }
            Operation::DeleteAccessPoint(name) => {
                access_points::delete(&mut state.write(), place, name).map(|()| None)
            }
            Operation::ListMultiRegionAccessPoints => {
                multi_region::here(&region)?;
                multi_region::list(&state.read(), &account).map(Some)
            }
            Operation::CreateMultiRegionAccessPoint => {
                multi_region::here(&region)?;
                let wanted = multi_region::received(request).await?;
                multi_region::create(&mut state.write(), &account, wanted, now).map(Some)
            }
        }
    }
}

#[async_trait::async_trait]
impl S3Route for Route {
    fn is_match(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: &mut Extensions,
    ) -> bool {
        is_control(uri, headers) || self.0.is_match(method, uri, headers, extensions)
    }

    async fn check_access(&self, request: &mut S3Request<Body>) -> S3Result<()> {
        if !is_control(&request.uri, &request.headers) {
            return self.0.check_access(request).await;
        }
        let note = request.extensions.get::<Note>().cloned();
        let operation = Operation::of(&request.method, &request.uri);
        let account = Self::account(&request.headers);
        let query = request.uri.query().unwrap_or_default();
        let of = parameter(query, "bucket").map_or_else(|| target(account), str::to_owned);
        let credentials = request.credentials.as_ref();
        let asked = Asked {
            operation: operation.map(Operation::name).unwrap_or_default(),
            bucket: Some(&of),
            key: operation.and_then(Operation::access_point),
            access_key: credentials.map(|it| it.access_key.as_str()),
            uri: &request.uri,
            headers: &request.headers,
            note: note.unwrap_or_default(),
        };
        let caller = self.0.gate.enter(&asked).await?;
        let Some(caller) = caller.filter(|caller| caller.account.as_str() == account) else {
            return Err(access_denied());
        };
        let Some(operation) = operation else {
            return Ok(());
        };
        let wants = Wants {
            action: operation.action(),
            resource: &operation.resource(place(request, account)),
            account,
        };
        let allowed = self.0.state().allows(&caller, wants);
        allowed.map_err(NotAllowed::in_s3)
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        if !is_control(&request.uri, &request.headers) {
            return self.0.call(request).await;
        }
        let body = self.answer(&mut request).await?;
        let mut answer = S3Response::new(body.unwrap_or_else(Body::empty));
        let xml = HeaderValue::from_static("application/xml");
        answer.headers.insert(hyper::header::CONTENT_TYPE, xml);
        Ok(answer)
    }
}

fn place<'a>(request: &'a S3Request<Body>, account: &'a str) -> Place<'a> {
    let region = request.region.as_ref().map(s3s::region::Region::as_str);
    Place {
        account,
        region: region.unwrap_or("us-east-1"),
    }
}

/// What stands for the account in the log of calls and in fault rules, where a bucket's name would.
fn target(account: &str) -> String {
    format!("account:{account}")
}

/// A parameter of a query; none of this service's values needs decoding.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .next()
}
