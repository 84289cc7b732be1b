use std::sync::Arc;

use aws_config::SdkConfig;
use drawbridge_entra::{AwsAssertions, aws_assertions};
use drawbridge_queue::{Offload, Queue, SqsQueue};
use drawbridge_secrets::{Secrets, SecretsManager};
use drawbridge_store::{Catalogue, S3Store};

/// A stack, through the credentials of whoever runs the command.
pub(super) struct Stack {
    config: SdkConfig,
    sqs: aws_sdk_sqs::Client,
    store: Arc<S3Store>,
}

impl Stack {
    pub(super) async fn open(bucket: String) -> Self {
        let config = drawbridge_aws::sdk_config().await;
        Self {
            sqs: aws_sdk_sqs::Client::new(&config),
            store: Arc::new(S3Store::new(drawbridge_store::s3_client(&config), bucket)),
            config,
        }
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
