use std::sync::Arc;

use drawbridge_config::ConfigError;
use drawbridge_http::HttpTransport;
use drawbridge_secrets::SecretsManager;
use drawbridge_served::{Body, Router, Unanswerable};
use drawbridge_store::{Catalogue, S3Store};
use drawbridge_time::SystemClock;
use futures::{StreamExt as _, future};
use http::Response;
use http::header::CONTENT_LENGTH;
use lambda_runtime::{MetadataPrelude, StreamResponse};
use secrecy::zeroize::Zeroizing;
use serde_json::Value;

use crate::directory::Directory;
use crate::event;
use crate::settings::Settings;

/// The function, with its clients built once.
pub struct Function {
    router: Router,
    directory: Directory,
}

impl Function {
    /// Builds the clients; nothing is asked of any service yet.
    ///
    /// # Errors
    /// [`ConfigError`] that names the setting.
    pub async fn start() -> Result<Self, ConfigError> {
        let settings = Settings::read(|name| std::env::var(name).ok())?;
        let aws = drawbridge_aws::sdk_config().await;
        let s3 = drawbridge_store::s3_client(&aws);
        let store: Arc<dyn Catalogue> = Arc::new(S3Store::new(s3, settings.bucket));
        let clock = Arc::new(SystemClock);
        let directory = Directory::new(
            Arc::clone(&store),
            clock.clone(),
            settings.hosts,
            Arc::new(HttpTransport::new()),
            Arc::new(HttpTransport::to_public_addresses()),
        );
        let mut router = Router::new(store, clock);
        if let Some(name) = settings.token_key {
            let client = aws_sdk_secretsmanager::Client::new(&aws);
            router = router.with_own_tokens(Arc::new(SecretsManager::new(client)), name);
        }
        Ok(Self { router, directory })
    }

    /// Answers an event of the function's URL.
    pub async fn answer(&self, event: &Value) -> StreamResponse<Body> {
        answer(&self.router, Some(&self.directory), event).await
    }
}

/// Answers an event of a function URL by a router, which serves those of the directory; without one,
/// those that it serves already.
pub async fn answer(
    router: &Router,
    directory: Option<&Directory>,
    event: &Value,
) -> StreamResponse<Body> {
    let Some(head) = event::head(event) else {
        return streamed(router.refuse(Unanswerable::TooLong));
    };
    let body = match router.takes_body(&head) {
        true => event::body(event),
        false => Some(Zeroizing::default()),
    };
    let Some(body) = body else {
        return streamed(router.refuse(Unanswerable::BodyTooLong));
    };
    if let Some(directory) = directory
        && router.depends_on_tenants(&head)
        && let Err(error) = directory.load(router).await
    {
        tracing::error!(%error, "who is served cannot be read");
        let is_retryable = error.is_retryable();
        return streamed(router.refuse(Unanswerable::Tenants { is_retryable }));
    }
    streamed(router.answer(&head, &body).await)
}

fn streamed(response: Response<Body>) -> StreamResponse<Body> {
    let (mut head, body) = response.into_parts();
    // What is streamed has none.
    head.headers.remove(CONTENT_LENGTH);
    // Lambda's runtime would write an error into the answer itself. Without, it breaks off: it lacks
    // the end of its array, and the log says why.
    let body = body.take_while(|chunk| future::ready(chunk.is_ok()));
    StreamResponse {
        metadata_prelude: MetadataPrelude {
            status_code: head.status,
            headers: head.headers,
            cookies: Vec::new(),
        },
        stream: body.boxed(),
    }
}
