//! Whoever writes: one change, one setting, one asset, and one write.
//!
//! Where the account has a role for it, the credentials are had before the last look at the bucket, so
//! that nothing but the write itself comes between that look and the write.

use std::sync::{Arc, atomic::Ordering};

use super::{Cloud, Errand, Region, Urgency, by};
use crate::{
    domain::{Asset, Document, Scope},
    settings::{CallError, CallErrorKind, Setting, Step, Written},
};

/// Ready to write one setting of one asset. It writes once.
#[derive(Debug)]
pub struct Writer {
    cloud: Arc<Cloud>,
    region: Arc<Region>,
    client: aws_sdk_s3::Client,
    control: aws_sdk_s3control::Client,
    setting: &'static dyn Setting,
    asset: Asset,
}

impl Cloud {
    /// Gets ready to make a setting `target` for a change. A setting of the account is never written on
    /// behalf of a bucket, nor the other way about.
    pub(crate) async fn writer(
        self: &Arc<Self>,
        setting: &'static dyn Setting,
        asset: &Asset,
        target: &Document,
        errand: &Errand,
    ) -> Result<Writer, CallError> {
        if setting.scope() != asset.scope() {
            let message = format!("{} is no setting of {}", setting.name(), asset.uri());
            return Err(CallError::unfit("Write", message));
        }
        let region = self.region(&asset.region);
        let (client, control) = match &self.writes {
            None => (region.client.clone(), region.control.clone()),
            Some(role) => {
                region.pace.turn(Urgency::Fix).await;
                self.calls.fetch_add(1, Ordering::Relaxed);
                let credentials = role.for_one_write(setting, asset, target, errand).await?;
                let name = aws_sdk_s3::config::Region::new(asset.region.clone());
                let watch = || self.watch(&asset.region);
                let client = self.base.clone().region(name.clone()).interceptor(watch());
                let control = self.control.clone().region(name).interceptor(watch());
                let client = client.credentials_provider(credentials.clone()).build();
                let control = control.credentials_provider(credentials).build();
                (
                    aws_sdk_s3::Client::from_conf(client),
                    aws_sdk_s3control::Client::from_conf(control),
                )
            }
        };
        Ok(Writer {
            cloud: Arc::clone(self),
            region,
            client,
            control,
            setting,
            asset: asset.clone(),
        })
    }

    /// Whether a write would find its role, where there is one.
    pub async fn try_writer(&self) -> Option<Result<(), CallError>> {
        Some(self.writes.as_ref()?.try_out().await)
    }
}

impl Writer {
    pub(crate) fn is_for(&self, setting: &dyn Setting, asset: &Asset) -> bool {
        self.setting.name() == setting.name() && self.asset == *asset
    }

    /// Writes, once: whether to send a write again is decided by reading, not here.
    pub(crate) async fn write(self, step: Step<'_>) -> Result<Written, CallError> {
        self.region.pace.turn(Urgency::Fix).await;
        self.cloud.calls.fetch_add(1, Ordering::Relaxed);
        let bucket = by(&self.client, &self.control, &self.asset);
        let written = self.setting.write(bucket, step).await;
        // Whatever came of it, what was seen before it says nothing any more.
        if self.setting.scope() == Scope::Account {
            self.cloud.forget_account();
        }
        if matches!(&written, Err(error) if error.kind == CallErrorKind::Throttled) {
            self.region.pace.slow_down();
        }
        written
    }
}
