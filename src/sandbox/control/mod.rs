//! S3 Control: what is asked about an account and not about a bucket. It is another service with an
//! address of its own; here it is at the same endpoint, and told apart by its paths (`/v20180820/…`)
//! and by the header `x-amz-account-id`, which every such request has.
//!
//! Only the account's own callers are let in. Refusals are wrapped as AWS wraps them here, and only
//! here (`<ErrorResponse>` around `<Error>`), which [`http`](super::http) does.

mod public_access_block;

use hyper::{HeaderMap, Method, Uri, http::Extensions};
use s3s::{Body, S3Request, S3Response, S3Result, route::S3Route};

use super::{
    auth::Known,
    errors::{access_denied, not_imitated},
    gate::Note,
    service::Service,
};

const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";
const PATHS: &str = "/v20180820/";
const ACCOUNT: &str = "x-amz-account-id";
/// Far above any document of this service.
const LARGEST: usize = 64 * 1024;

/// Whether a request is for this service.
pub(super) fn is_control(uri: &Uri, headers: &HeaderMap) -> bool {
    uri.path().starts_with(PATHS) && headers.contains_key(ACCOUNT)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    GetPublicAccessBlock,
    PutPublicAccessBlock,
    DeletePublicAccessBlock,
}

impl Operation {
    fn of(method: &Method, uri: &Uri) -> Option<Self> {
        let path = uri.path().strip_prefix(PATHS)?.trim_end_matches('/');
        match (method.as_str(), path) {
            ("GET", "configuration/publicAccessBlock") => Some(Self::GetPublicAccessBlock),
            ("PUT", "configuration/publicAccessBlock") => Some(Self::PutPublicAccessBlock),
            ("DELETE", "configuration/publicAccessBlock") => Some(Self::DeletePublicAccessBlock),
            _ => None,
        }
    }

    /// AWS's name of it.
    const fn name(self) -> &'static str {
        match self {
            Self::GetPublicAccessBlock => "GetPublicAccessBlock",
            Self::PutPublicAccessBlock => "PutPublicAccessBlock",
            Self::DeletePublicAccessBlock => "DeletePublicAccessBlock",
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

    fn caller(&self, request: &S3Request<Body>) -> Option<&Known> {
        let key = &request.credentials.as_ref()?.access_key;
        self.0.gate.parties.by_key(key)
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
        self.0
            .gate
            .meet(
                operation.map(Operation::name).unwrap_or_default(),
                &target(account),
                None,
                &note.unwrap_or_default(),
            )
            .await?;
        match self.caller(request) {
            Some(caller) if caller.account == account => Ok(()),
            _ => Err(access_denied()),
        }
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        if !is_control(&request.uri, &request.headers) {
            return self.0.call(request).await;
        }
        let account = Self::account(&request.headers).to_owned();
        let state = self.0.state();
        let answer = match Operation::of(&request.method, &request.uri) {
            Some(Operation::GetPublicAccessBlock) => {
                public_access_block::get(&state.read(), &account)?
            }
            Some(operation @ Operation::PutPublicAccessBlock) => {
                let block = public_access_block::received(&mut request).await?;
                let stale = self.0.stale(operation.name(), &target(&account));
                state
                    .write()
                    .set_account_block(&account, Some(block), stale);
                Body::empty()
            }
            Some(operation @ Operation::DeletePublicAccessBlock) => {
                let stale = self.0.stale(operation.name(), &target(&account));
                state.write().set_account_block(&account, None, stale);
                Body::empty()
            }
            None => {
                let what = format!("{} {}", request.method, request.uri.path());
                return Err(not_imitated(&what));
            }
        };
        let mut answer = S3Response::new(answer);
        let xml = hyper::header::HeaderValue::from_static("application/xml");
        answer.headers.insert(hyper::header::CONTENT_TYPE, xml);
        Ok(answer)
    }
}

/// What stands for the account in the log of calls and in fault rules, where a bucket's name would.
fn target(account: &str) -> String {
    format!("account:{account}")
}
