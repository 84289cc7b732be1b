use std::sync::Arc;
use std::time::Duration;

use super::handler::Handler;
use crate::{Deliverer, NamedSecrets, Ports, Settings, SettingsError};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use drawbridge_entra::aws_assertions;
use drawbridge_lambda::{SqsVisibility, deadline};
use drawbridge_secrets::SecretsManager;
use drawbridge_store::{S3Store, Store};
use drawbridge_time::SystemClock;
use lambda_runtime::LambdaEvent;

/// What is kept of an invocation's time for what ends it: the quarantine is written, messages are
/// hidden, and the response is sent.
const CLOSING_TIME: Duration = Duration::from_secs(5);

/// The function, with its clients built once.
pub struct Function {
    handler: Handler,
}

impl Function {
    /// Builds the clients; nothing is asked of any service yet.
    ///
    /// # Errors
    /// [`SettingsError`] that names the setting.
    pub async fn start() -> Result<Self, SettingsError> {
        let settings = Settings::read(|name| std::env::var(name).ok())?;
        let aws = drawbridge_aws::sdk_config().await;
        let manager = SecretsManager::new(aws_sdk_secretsmanager::Client::new(&aws));
        let ports = Ports {
            secrets: Arc::new(NamedSecrets::new(Some(Arc::new(manager)))),
            clock: Arc::new(SystemClock),
            aws_assertions: Some(aws_assertions(&aws)),
        };
        let store: Arc<dyn Store> = Arc::new(S3Store::new(
            drawbridge_store::s3_client(&aws),
            &settings.bucket,
        ));
        let target = settings.deliver.build(&ports)?;
        let handler = Handler::new(
            Deliverer::new(target, store),
            Arc::new(SqsVisibility::new(
                aws_sdk_sqs::Client::new(&aws),
                settings.queue_url,
            )),
            ports.clock,
            settings.bucket,
        );
        let handler = handler.by_tenant(settings.tenant_metrics);
        Ok(Self {
            handler: match settings.format {
                Some(output) => handler.of_output(&output),
                None => handler,
            },
        })
    }

    /// Answers one invocation with the messages that are to be delivered again.
    pub async fn handle(&self, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        let until = deadline(&event.context, CLOSING_TIME);
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = self.handler.handle(event.payload.records, until).await;
        response
    }
}
