use std::sync::Arc;

use drawbridge_config::{ConfigError, FunctionSettings, OutputSettings, Shape, Tenant};
use drawbridge_queue::{Content, Naming, ObjectsQueue, Offload, Queue, SqsQueue};
use drawbridge_record::Body;
use drawbridge_store::Store;

use crate::{Grouping, Output};

/// Where the bodies lie that are too large for a message.
const OVERSIZE_FOLDER: &str = "oversize";

/// The stack's outputs. The queues of messages are shared by all tenants.
pub(super) struct Outputs {
    store: Arc<dyn Store>,
    outputs: Vec<(OutputSettings, Option<Arc<dyn Queue>>)>,
}

impl Outputs {
    pub(super) fn new(
        settings: &FunctionSettings,
        sqs: &aws_sdk_sqs::Client,
        store: &Arc<dyn Store>,
    ) -> Self {
        let queue = |output: &OutputSettings| {
            let url = output.queue_url.as_ref()?;
            let offload = Offload::new(Arc::clone(store), &settings.bucket, OVERSIZE_FOLDER);
            let queue = SqsQueue::new(sqs.clone(), url).with_offload(offload);
            Some(Arc::new(queue) as Arc<dyn Queue>)
        };
        Self {
            store: Arc::clone(store),
            outputs: settings
                .outputs
                .iter()
                .map(|output| (output.clone(), queue(output)))
                .collect(),
        }
    }

    /// The outputs that a tenant writes to.
    pub(super) fn of(&self, tenant: &Tenant) -> Result<Vec<Output>, ConfigError> {
        let known: Vec<String> = self
            .outputs
            .iter()
            .map(|(output, _)| output.name())
            .collect();
        tenant.check_outputs(&known)?;
        let wanted = |name: &String| tenant.outputs.is_empty() || tenant.outputs.contains(name);
        let chosen = self
            .outputs
            .iter()
            .zip(known.iter())
            .filter(|(_, name)| wanted(name));
        chosen
            .map(|((settings, queue), name)| {
                let format = settings.format()?;
                let queue = match (settings.shape, queue) {
                    (Shape::Messages, Some(queue)) => Arc::clone(queue),
                    _ => Arc::new(ObjectsQueue::new(
                        Arc::clone(&self.store),
                        Naming {
                            format: format.name().to_owned(),
                            version: format.schema_version(),
                            tenant: tenant.name.clone(),
                            content: match format.body() {
                                Body::Json => Content::Json,
                                Body::Text => Content::Text,
                            },
                        },
                    )),
                };
                let is_fifo = settings
                    .queue_url
                    .as_ref()
                    .is_some_and(|url| url.ends_with(".fifo"));
                Ok(Output {
                    name: name.clone(),
                    format,
                    rewrite: settings.rewrite()?,
                    queue,
                    grouping: if is_fifo {
                        Grouping::Alert
                    } else {
                        Grouping::Tenant
                    },
                })
            })
            .collect()
    }
}
