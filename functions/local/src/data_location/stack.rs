use std::sync::Arc;

use aws_config::SdkConfig;
use drawbridge_entra::{AwsAssertions, aws_assertions};
use drawbridge_queue::{Offload, Queue, SqsQueue};
use drawbridge_secrets::{Secrets, SecretsManager};
use drawbridge_store::{Catalogue, S3Store};

use super::NamedStack;
use crate::failure::Failure;

/// A stack, through the credentials of whoever runs the command.
pub(super) struct Stack {
    config: SdkConfig,
    sqs: aws_sdk_sqs::Client,
    store: Arc<S3Store>,
    named: Option<NamedStack>,
}

impl Stack {
    /// A stack of which the bucket alone is known.
    pub(super) async fn of_bucket(bucket: String) -> Self {
        Self::new(drawbridge_aws::sdk_config().await, bucket, None)
    }

    /// A stack that CloudFormation knows.
    pub(super) async fn of_name(name: &str) -> Result<Self, Failure> {
        let config = drawbridge_aws::sdk_config().await;
        let named = NamedStack::look(&config, name).await?;
        let bucket = named.bucket().to_owned();
        Ok(Self::new(config, bucket, Some(named)))
    }

    pub(super) fn new(config: SdkConfig, bucket: String, named: Option<NamedStack>) -> Self {
        Self {
            sqs: aws_sdk_sqs::Client::new(&config),
            store: Arc::new(S3Store::new(drawbridge_store::s3_client(&config), bucket)),
            config,
            named,
        }
    }

    pub(super) fn named(&self) -> Option<&NamedStack> {
        self.named.as_ref()
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    pub(super) fn bucket(&self) -> &str {
        self.store.bucket()
    }

    pub(super) fn store(&self) -> Arc<dyn Catalogue> {
        Arc::clone(&self.store) as Arc<dyn Catalogue>
    }

    pub(super) fn secrets(&self) -> Arc<dyn Secrets> {
        let client = aws_sdk_secretsmanager::Client::new(&self.config);
        Arc::new(SecretsManager::new(client))
    }

    pub(super) fn assertions(&self) -> AwsAssertions {
        aws_assertions(&self.config)
    }

    pub(super) fn records(&self, output: &str, url: &str, pointers: bool) -> Arc<dyn Queue> {
        let queue = SqsQueue::new(self.sqs.clone(), url);
        if !pointers {
            return Arc::new(queue);
        }
        let offload = Offload::of_output(Arc::clone(&self.store) as _, self.bucket(), output);
        Arc::new(queue.with_offload(offload))
    }
}
