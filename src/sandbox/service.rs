//! The operations, each in a line or two: this file says which function answers which call. Reads see the
//! bucket, writes change a copy of its settings; the lock is never held across an await.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use s3s::{S3, S3Request, S3Response, S3Result, dto};

use super::{
    auth::Known,
    buckets,
    errors::{access_denied, no_such_bucket},
    faults::{Faults, mix},
    gate::Gate,
    objects,
    settings::{
        accelerate, acl, cors, encryption, intelligent_tiering, inventory, lifecycle, logging,
        metrics, notification, object_lock, ownership, policy, public_access_block, replication,
        request_payment, tagging, versioning, website,
    },
    state::{Bucket, BucketSettings, Setting, State},
};

#[derive(Clone, Debug)]
pub(super) struct Service {
    pub gate: Gate,
    /// Counts versions of objects, so that each gets an id of its own.
    pub versions: Arc<AtomicU64>,
}

impl Service {
    pub(super) fn state(&self) -> &State {
        &self.gate.state
    }

    fn faults(&self) -> &Faults {
        &self.gate.faults
    }

    /// An id that is new, as long as S3's, and the same in every run.
    fn next_version_id(&self) -> String {
        let n = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{:016x}{:016x}", mix(n), mix(!n))
    }

    fn caller<T>(&self, request: &S3Request<T>) -> S3Result<Arc<Known>> {
        let key = request
            .credentials
            .as_ref()
            .map(|it| it.access_key.as_str());
        key.and_then(|key| self.gate.parties.by_key(key))
            .ok_or_else(access_denied)
    }

    pub(super) fn read<O>(
        &self,
        bucket: &str,
        answer: impl FnOnce(&Bucket) -> S3Result<O>,
    ) -> S3Result<S3Response<O>> {
        let buckets = self.state().read();
        let bucket = buckets.get(bucket).ok_or_else(no_such_bucket)?;
        answer(bucket).map(S3Response::new)
    }

    /// Changes a copy of the settings and keeps it when nothing was refused.
    pub(super) fn write<O>(
        &self,
        operation: &str,
        bucket: &str,
        setting: Setting,
        change: impl FnOnce(&mut BucketSettings, &Bucket) -> S3Result<O>,
    ) -> S3Result<S3Response<O>> {
        let mut buckets = self.state().write();
        let found = buckets.get_mut(bucket).ok_or_else(no_such_bucket)?;
        let mut new = found.settings.clone();
        let output = change(&mut new, found)?;
        let after = self.faults().after_write(operation, bucket);
        for tamper in after.tampers {
            tamper.apply(&mut new);
        }
        found.replace(setting, new, after.stale);
        Ok(S3Response::new(output))
    }

    /// How long reads lag behind a write that is no bucket's.
    pub(super) fn stale(&self, operation: &str, target: &str) -> Option<Duration> {
        self.faults().after_write(operation, target).stale
    }

    /// Changes objects; what is refused has changed nothing.
    fn change<O>(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut Bucket) -> S3Result<O>,
    ) -> S3Result<S3Response<O>> {
        let mut buckets = self.state().write();
        let found = buckets.get_mut(bucket).ok_or_else(no_such_bucket)?;
        change(found).map(S3Response::new)
    }
}

type Answer<O> = S3Result<S3Response<O>>;
type Req<I> = S3Request<I>;

#[rustfmt::skip]
#[async_trait::async_trait]
impl S3 for Service {
    async fn list_buckets(&self, req: Req<dto::ListBucketsInput>) -> Answer<dto::ListBucketsOutput> {
        let caller = self.caller(&req)?;
        buckets::list(&self.state().read(), &caller, req.input).map(S3Response::new)
    }
    async fn head_bucket(&self, req: Req<dto::HeadBucketInput>) -> Answer<dto::HeadBucketOutput> {
        self.read(&req.input.bucket, |bucket| Ok(buckets::head(bucket)))
    }
    async fn get_bucket_location(&self, req: Req<dto::GetBucketLocationInput>) -> Answer<dto::GetBucketLocationOutput> {
        self.read(&req.input.bucket, |bucket| Ok(buckets::location(bucket)))
    }
    async fn create_bucket(&self, req: Req<dto::CreateBucketInput>) -> Answer<dto::CreateBucketOutput> {
        let caller = self.caller(&req)?;
        let signed = req.region.as_ref().map(|region| region.as_str().to_owned());
        let now = self.gate.clock.now();
        buckets::create(&mut self.state().write(), &caller, signed.as_deref(), req.input, now).map(S3Response::new)
    }
    async fn delete_bucket(&self, req: Req<dto::DeleteBucketInput>) -> Answer<dto::DeleteBucketOutput> {
        buckets::delete(&mut self.state().write(), &req.input.bucket).map(S3Response::new)
    }

    async fn get_bucket_acl(&self, req: Req<dto::GetBucketAclInput>) -> Answer<dto::GetBucketAclOutput> {
        self.read(&req.input.bucket, |bucket| Ok(acl::get(bucket)))
    }
    async fn put_bucket_acl(&self, req: Req<dto::PutBucketAclInput>) -> Answer<dto::PutBucketAclOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketAcl", &name, Setting::Acl, |new, bucket| acl::put(new, bucket, req.input))
    }

    async fn get_public_access_block(&self, req: Req<dto::GetPublicAccessBlockInput>) -> Answer<dto::GetPublicAccessBlockOutput> {
        self.read(&req.input.bucket, public_access_block::get)
    }
    async fn put_public_access_block(&self, req: Req<dto::PutPublicAccessBlockInput>) -> Answer<dto::PutPublicAccessBlockOutput> {
        let input = req.input;
        self.write("PutPublicAccessBlock", &input.bucket, Setting::PublicAccessBlock, |new, _| Ok(public_access_block::put(new, &input)))
    }
    async fn delete_public_access_block(&self, req: Req<dto::DeletePublicAccessBlockInput>) -> Answer<dto::DeletePublicAccessBlockOutput> {
        self.write("DeletePublicAccessBlock", &req.input.bucket, Setting::PublicAccessBlock, |new, _| {
            new.public_access_block = None;
            Ok(dto::DeletePublicAccessBlockOutput {})
        })
    }

    async fn get_bucket_policy(&self, req: Req<dto::GetBucketPolicyInput>) -> Answer<dto::GetBucketPolicyOutput> {
        self.read(&req.input.bucket, policy::get)
    }
    async fn get_bucket_policy_status(&self, req: Req<dto::GetBucketPolicyStatusInput>) -> Answer<dto::GetBucketPolicyStatusOutput> {
        self.read(&req.input.bucket, policy::status)
    }
    async fn put_bucket_policy(&self, req: Req<dto::PutBucketPolicyInput>) -> Answer<dto::PutBucketPolicyOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketPolicy", &name, Setting::Policy, |new, bucket| policy::put(new, bucket, req.input))
    }
    async fn delete_bucket_policy(&self, req: Req<dto::DeleteBucketPolicyInput>) -> Answer<dto::DeleteBucketPolicyOutput> {
        self.write("DeleteBucketPolicy", &req.input.bucket, Setting::Policy, |new, _| {
            new.policy = None;
            Ok(dto::DeleteBucketPolicyOutput {})
        })
    }

    async fn get_bucket_ownership_controls(&self, req: Req<dto::GetBucketOwnershipControlsInput>) -> Answer<dto::GetBucketOwnershipControlsOutput> {
        self.read(&req.input.bucket, ownership::get)
    }
    async fn put_bucket_ownership_controls(&self, req: Req<dto::PutBucketOwnershipControlsInput>) -> Answer<dto::PutBucketOwnershipControlsOutput> {
        let input = req.input;
        self.write("PutBucketOwnershipControls", &input.bucket, Setting::OwnershipControls, |new, bucket| ownership::put(new, bucket, &input))
    }
    async fn delete_bucket_ownership_controls(&self, req: Req<dto::DeleteBucketOwnershipControlsInput>) -> Answer<dto::DeleteBucketOwnershipControlsOutput> {
        self.write("DeleteBucketOwnershipControls", &req.input.bucket, Setting::OwnershipControls, |new, _| {
            new.ownership = None;
            Ok(dto::DeleteBucketOwnershipControlsOutput {})
        })
    }

    // Get and put of the encryption are answered by the route beside this.
    async fn delete_bucket_encryption(&self, req: Req<dto::DeleteBucketEncryptionInput>) -> Answer<dto::DeleteBucketEncryptionOutput> {
        self.write("DeleteBucketEncryption", &req.input.bucket, Setting::Encryption, |new, _| {
            encryption::reset(new);
            Ok(dto::DeleteBucketEncryptionOutput {})
        })
    }

    async fn get_bucket_versioning(&self, req: Req<dto::GetBucketVersioningInput>) -> Answer<dto::GetBucketVersioningOutput> {
        self.read(&req.input.bucket, |bucket| Ok(versioning::get(bucket)))
    }
    async fn put_bucket_versioning(&self, req: Req<dto::PutBucketVersioningInput>) -> Answer<dto::PutBucketVersioningOutput> {
        let input = req.input;
        self.write("PutBucketVersioning", &input.bucket, Setting::Versioning, |new, _| versioning::put(new, &input))
    }

    async fn get_bucket_tagging(&self, req: Req<dto::GetBucketTaggingInput>) -> Answer<dto::GetBucketTaggingOutput> {
        self.read(&req.input.bucket, tagging::get)
    }
    async fn put_bucket_tagging(&self, req: Req<dto::PutBucketTaggingInput>) -> Answer<dto::PutBucketTaggingOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketTagging", &name, Setting::Tagging, |new, _| tagging::put(new, req.input))
    }
    async fn delete_bucket_tagging(&self, req: Req<dto::DeleteBucketTaggingInput>) -> Answer<dto::DeleteBucketTaggingOutput> {
        self.write("DeleteBucketTagging", &req.input.bucket, Setting::Tagging, |new, _| tagging::delete(new))
    }

    async fn get_bucket_lifecycle_configuration(&self, req: Req<dto::GetBucketLifecycleConfigurationInput>) -> Answer<dto::GetBucketLifecycleConfigurationOutput> {
        self.read(&req.input.bucket, lifecycle::get)
    }
    async fn put_bucket_lifecycle_configuration(&self, req: Req<dto::PutBucketLifecycleConfigurationInput>) -> Answer<dto::PutBucketLifecycleConfigurationOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketLifecycleConfiguration", &name, Setting::Lifecycle, |new, _| lifecycle::put(new, req.input))
    }
    async fn delete_bucket_lifecycle(&self, req: Req<dto::DeleteBucketLifecycleInput>) -> Answer<dto::DeleteBucketLifecycleOutput> {
        self.write("DeleteBucketLifecycle", &req.input.bucket, Setting::Lifecycle, |new, _| {
            new.lifecycle = None;
            Ok(dto::DeleteBucketLifecycleOutput {})
        })
    }

    async fn get_object_lock_configuration(&self, req: Req<dto::GetObjectLockConfigurationInput>) -> Answer<dto::GetObjectLockConfigurationOutput> {
        self.read(&req.input.bucket, object_lock::get)
    }
    async fn put_object_lock_configuration(&self, req: Req<dto::PutObjectLockConfigurationInput>) -> Answer<dto::PutObjectLockConfigurationOutput> {
        let name = req.input.bucket.clone();
        self.write("PutObjectLockConfiguration", &name, Setting::ObjectLock, |new, _| object_lock::put(new, req.input))
    }

    async fn get_bucket_logging(&self, req: Req<dto::GetBucketLoggingInput>) -> Answer<dto::GetBucketLoggingOutput> {
        self.read(&req.input.bucket, |bucket| Ok(logging::get(bucket)))
    }
    async fn put_bucket_logging(&self, req: Req<dto::PutBucketLoggingInput>) -> Answer<dto::PutBucketLoggingOutput> {
        let input = req.input;
        let name = input.bucket.clone();
        logging::check(&self.state().read(), &input)?;
        self.write("PutBucketLogging", &name, Setting::Logging, |new, _| logging::put(new, input))
    }

    async fn get_bucket_cors(&self, req: Req<dto::GetBucketCorsInput>) -> Answer<dto::GetBucketCorsOutput> {
        self.read(&req.input.bucket, cors::get)
    }
    async fn put_bucket_cors(&self, req: Req<dto::PutBucketCorsInput>) -> Answer<dto::PutBucketCorsOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketCors", &name, Setting::Cors, |new, _| cors::put(new, req.input))
    }
    async fn delete_bucket_cors(&self, req: Req<dto::DeleteBucketCorsInput>) -> Answer<dto::DeleteBucketCorsOutput> {
        self.write("DeleteBucketCors", &req.input.bucket, Setting::Cors, |new, _| {
            new.cors.clear();
            Ok(dto::DeleteBucketCorsOutput {})
        })
    }

    async fn get_bucket_website(&self, req: Req<dto::GetBucketWebsiteInput>) -> Answer<dto::GetBucketWebsiteOutput> {
        self.read(&req.input.bucket, website::get)
    }
    async fn put_bucket_website(&self, req: Req<dto::PutBucketWebsiteInput>) -> Answer<dto::PutBucketWebsiteOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketWebsite", &name, Setting::Website, |new, _| website::put(new, req.input))
    }
    async fn delete_bucket_website(&self, req: Req<dto::DeleteBucketWebsiteInput>) -> Answer<dto::DeleteBucketWebsiteOutput> {
        self.write("DeleteBucketWebsite", &req.input.bucket, Setting::Website, |new, _| {
            new.website = None;
            Ok(dto::DeleteBucketWebsiteOutput {})
        })
    }

    async fn get_bucket_notification_configuration(&self, req: Req<dto::GetBucketNotificationConfigurationInput>) -> Answer<dto::GetBucketNotificationConfigurationOutput> {
        self.read(&req.input.bucket, |bucket| Ok(notification::get(bucket)))
    }
    async fn put_bucket_notification_configuration(&self, req: Req<dto::PutBucketNotificationConfigurationInput>) -> Answer<dto::PutBucketNotificationConfigurationOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketNotificationConfiguration", &name, Setting::Notification, |new, bucket| notification::put(new, bucket, req.input))
    }

    async fn get_bucket_accelerate_configuration(&self, req: Req<dto::GetBucketAccelerateConfigurationInput>) -> Answer<dto::GetBucketAccelerateConfigurationOutput> {
        self.read(&req.input.bucket, |bucket| Ok(accelerate::get(bucket)))
    }
    async fn put_bucket_accelerate_configuration(&self, req: Req<dto::PutBucketAccelerateConfigurationInput>) -> Answer<dto::PutBucketAccelerateConfigurationOutput> {
        let input = req.input;
        self.write("PutBucketAccelerateConfiguration", &input.bucket, Setting::Accelerate, |new, bucket| accelerate::put(new, bucket, &input))
    }

    async fn get_bucket_request_payment(&self, req: Req<dto::GetBucketRequestPaymentInput>) -> Answer<dto::GetBucketRequestPaymentOutput> {
        self.read(&req.input.bucket, |bucket| Ok(request_payment::get(bucket)))
    }
    async fn put_bucket_request_payment(&self, req: Req<dto::PutBucketRequestPaymentInput>) -> Answer<dto::PutBucketRequestPaymentOutput> {
        let input = req.input;
        self.write("PutBucketRequestPayment", &input.bucket, Setting::RequestPayment, |new, _| request_payment::put(new, &input))
    }

    async fn get_bucket_replication(&self, req: Req<dto::GetBucketReplicationInput>) -> Answer<dto::GetBucketReplicationOutput> {
        self.read(&req.input.bucket, replication::get)
    }
    async fn put_bucket_replication(&self, req: Req<dto::PutBucketReplicationInput>) -> Answer<dto::PutBucketReplicationOutput> {
        let name = req.input.bucket.clone();
        self.gate.may_pass(req.credentials.as_ref(), &req.input.replication_configuration.role)?;
        replication::destinations(&self.state().read(), &req.input)?;
        self.write("PutBucketReplication", &name, Setting::Replication, |new, _| replication::put(new, req.input))
    }
    async fn delete_bucket_replication(&self, req: Req<dto::DeleteBucketReplicationInput>) -> Answer<dto::DeleteBucketReplicationOutput> {
        self.write("DeleteBucketReplication", &req.input.bucket, Setting::Replication, |new, _| {
            new.replication = None;
            Ok(dto::DeleteBucketReplicationOutput {})
        })
    }

    async fn get_bucket_inventory_configuration(&self, req: Req<dto::GetBucketInventoryConfigurationInput>) -> Answer<dto::GetBucketInventoryConfigurationOutput> {
        self.read(&req.input.bucket, |bucket| inventory::get(bucket, &req.input.id))
    }
    async fn list_bucket_inventory_configurations(&self, req: Req<dto::ListBucketInventoryConfigurationsInput>) -> Answer<dto::ListBucketInventoryConfigurationsOutput> {
        let name = req.input.bucket.clone();
        self.read(&name, |bucket| inventory::list(bucket, req.input))
    }
    async fn put_bucket_inventory_configuration(&self, req: Req<dto::PutBucketInventoryConfigurationInput>) -> Answer<dto::PutBucketInventoryConfigurationOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketInventoryConfiguration", &name, Setting::Inventory, |new, _| inventory::put(new, req.input))
    }
    async fn delete_bucket_inventory_configuration(&self, req: Req<dto::DeleteBucketInventoryConfigurationInput>) -> Answer<dto::DeleteBucketInventoryConfigurationOutput> {
        self.write("DeleteBucketInventoryConfiguration", &req.input.bucket, Setting::Inventory, |new, _| inventory::delete(new, &req.input.id))
    }

    async fn get_bucket_metrics_configuration(&self, req: Req<dto::GetBucketMetricsConfigurationInput>) -> Answer<dto::GetBucketMetricsConfigurationOutput> {
        self.read(&req.input.bucket, |bucket| metrics::get(bucket, &req.input.id))
    }
    async fn list_bucket_metrics_configurations(&self, req: Req<dto::ListBucketMetricsConfigurationsInput>) -> Answer<dto::ListBucketMetricsConfigurationsOutput> {
        let name = req.input.bucket.clone();
        self.read(&name, |bucket| metrics::list(bucket, req.input))
    }
    async fn put_bucket_metrics_configuration(&self, req: Req<dto::PutBucketMetricsConfigurationInput>) -> Answer<dto::PutBucketMetricsConfigurationOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketMetricsConfiguration", &name, Setting::Metrics, |new, _| metrics::put(new, req.input))
    }
    async fn delete_bucket_metrics_configuration(&self, req: Req<dto::DeleteBucketMetricsConfigurationInput>) -> Answer<dto::DeleteBucketMetricsConfigurationOutput> {
        self.write("DeleteBucketMetricsConfiguration", &req.input.bucket, Setting::Metrics, |new, _| metrics::delete(new, &req.input.id))
    }

    async fn get_bucket_intelligent_tiering_configuration(&self, req: Req<dto::GetBucketIntelligentTieringConfigurationInput>) -> Answer<dto::GetBucketIntelligentTieringConfigurationOutput> {
        self.read(&req.input.bucket, |bucket| intelligent_tiering::get(bucket, &req.input.id))
    }
    async fn list_bucket_intelligent_tiering_configurations(&self, req: Req<dto::ListBucketIntelligentTieringConfigurationsInput>) -> Answer<dto::ListBucketIntelligentTieringConfigurationsOutput> {
        let name = req.input.bucket.clone();
        self.read(&name, |bucket| intelligent_tiering::list(bucket, req.input))
    }
    async fn put_bucket_intelligent_tiering_configuration(&self, req: Req<dto::PutBucketIntelligentTieringConfigurationInput>) -> Answer<dto::PutBucketIntelligentTieringConfigurationOutput> {
        let name = req.input.bucket.clone();
        self.write("PutBucketIntelligentTieringConfiguration", &name, Setting::IntelligentTiering, |new, _| intelligent_tiering::put(new, req.input))
    }
    async fn delete_bucket_intelligent_tiering_configuration(&self, req: Req<dto::DeleteBucketIntelligentTieringConfigurationInput>) -> Answer<dto::DeleteBucketIntelligentTieringConfigurationOutput> {
        self.write("DeleteBucketIntelligentTieringConfiguration", &req.input.bucket, Setting::IntelligentTiering, |new, _| intelligent_tiering::delete(new, &req.input.id))
    }

    async fn put_object(&self, mut req: Req<dto::PutObjectInput>) -> Answer<dto::PutObjectOutput> {
        let received = objects::put::receive(&mut req).await?;
        let (input, id, now) = (req.input, self.next_version_id(), self.gate.clock.now());
        self.change(&input.bucket, |bucket| objects::put::store(bucket, &input, received, id, now))
    }
    async fn get_object(&self, req: Req<dto::GetObjectInput>) -> Answer<dto::GetObjectOutput> {
        self.read(&req.input.bucket, |bucket| objects::get::get(bucket, &req.input))
    }
    async fn head_object(&self, req: Req<dto::HeadObjectInput>) -> Answer<dto::HeadObjectOutput> {
        self.read(&req.input.bucket, |bucket| objects::get::head(bucket, &req.input))
    }
    async fn delete_object(&self, req: Req<dto::DeleteObjectInput>) -> Answer<dto::DeleteObjectOutput> {
        let (input, id, now) = (req.input, self.next_version_id(), self.gate.clock.now());
        self.change(&input.bucket, |bucket| objects::delete::delete(bucket, &input, id, now))
    }
    async fn list_objects_v2(&self, req: Req<dto::ListObjectsV2Input>) -> Answer<dto::ListObjectsV2Output> {
        let name = req.input.bucket.clone();
        self.read(&name, |bucket| objects::list::objects(bucket, req.input))
    }
    async fn list_object_versions(&self, req: Req<dto::ListObjectVersionsInput>) -> Answer<dto::ListObjectVersionsOutput> {
        self.read(&req.input.bucket, |bucket| objects::list::versions(bucket, &req.input))
    }
    async fn get_object_retention(&self, req: Req<dto::GetObjectRetentionInput>) -> Answer<dto::GetObjectRetentionOutput> {
        self.read(&req.input.bucket, |bucket| objects::retention::get(bucket, &req.input))
    }
    async fn put_object_retention(&self, req: Req<dto::PutObjectRetentionInput>) -> Answer<dto::PutObjectRetentionOutput> {
        let now = self.gate.clock.now();
        self.change(&req.input.bucket, |bucket| objects::retention::put(bucket, &req.input, now))
    }
}
