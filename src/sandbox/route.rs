//! What the protocol library can't answer as S3 does, by hand and before it: `GET` and `PUT` of
//! `/bucket?encryption`; see [`encryption`] for why.

use hyper::{HeaderMap, Method, Uri, http::Extensions};
use s3s::{Body, S3Request, S3Response, S3Result, route::S3Route};

use super::{
    gate::{Asked, Note},
    service::Service,
    settings::encryption,
    state::Setting,
};

#[async_trait::async_trait]
impl S3Route for Service {
    fn is_match(&self, method: &Method, uri: &Uri, _: &HeaderMap, _: &mut Extensions) -> bool {
        let mut parameters = uri.query().unwrap_or_default().split('&');
        (method == Method::GET || method == Method::PUT)
            && bucket_of(uri).is_some()
            && parameters.any(|each| each.split('=').next() == Some("encryption"))
    }

    async fn check_access(&self, request: &mut S3Request<Body>) -> S3Result<()> {
        let note = request.extensions.get::<Note>().cloned();
        self.gate
            .admit(Asked {
                operation: encryption_operation(&request.method),
                bucket: bucket_of(&request.uri),
                key: None,
                access_key: request
                    .credentials
                    .as_ref()
                    .map(|it| it.access_key.as_str()),
                uri: &request.uri,
                headers: &request.headers,
                note: note.unwrap_or_default(),
            })
            .await
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let bucket = bucket_of(&request.uri).unwrap_or_default().to_owned();
        if request.method == Method::GET {
            return self
                .read(&bucket, encryption::get)
                .map(|answer| answer.output);
        }
        let sent = encryption::received(&mut request).await?;
        let operation = encryption_operation(&request.method);
        self.write(operation, &bucket, Setting::Encryption, |new, _| {
            new.encryption = sent;
            Ok(Body::empty())
        })
    }
}

fn encryption_operation(method: &Method) -> &'static str {
    if method == Method::GET {
        "GetBucketEncryption"
    } else {
        "PutBucketEncryption"
    }
}

/// The bucket of a path that names nothing else. Bucket names need no decoding.
fn bucket_of(uri: &Uri) -> Option<&str> {
    let path = uri.path().trim_matches('/');
    (!path.is_empty() && !path.contains('/')).then_some(path)
}
