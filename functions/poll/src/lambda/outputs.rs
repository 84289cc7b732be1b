use std::sync::Arc;

use drawbridge_config::{
    ConfigError, FunctionSettings, OutputSettings, Oversize, Shape, Tenant, served_format,
};
use drawbridge_queue::{ObjectsQueue, Offload, Queue, ServedQueue, ServedSettings, SqsQueue};
use drawbridge_record::Format;
use drawbridge_store::{Catalogue, Store};
use drawbridge_time::Clock;

use crate::assembly::naming;
use crate::{Grouping, Output};

/// The most bytes of a segment before compression: ten tenants that are polled at once have one each in
/// memory, and so has the serve function eight, which reads as many ahead.
const MAX_SEGMENT_BYTES: usize = 2 * 1024 * 1024;

/// The most bytes of a record in a segment, which it is alone in. A longer one goes to quarantine.
const MAX_SERVED_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// The stack's outputs. The queues of messages are shared by all tenants.
pub struct Outputs {
    store: Arc<dyn Catalogue>,
    clock: Arc<dyn Clock>,
    outputs: Vec<(OutputSettings, Option<Arc<dyn Queue>>)>,
}

impl Outputs {
    /// Those of the function's settings.
    #[must_use]
    pub fn new(
        settings: &FunctionSettings,
        sqs: &aws_sdk_sqs::Client,
        store: &Arc<dyn Catalogue>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let queue = |output: &OutputSettings| {
            let url = output.queue_url.as_ref()?;
            let queue = SqsQueue::new(sqs.clone(), url);
            Some(match output.oversize.unwrap_or_default() {
                // The queue refuses what is too large, and it goes to quarantine.
                Oversize::Quarantine => Arc::new(queue) as Arc<dyn Queue>,
                Oversize::Pointer => {
                    let store: Arc<dyn Store> = store.clone();
                    let offload = Offload::of_output(store, &settings.bucket, &output.name());
                    Arc::new(queue.with_offload(offload))
                }
            })
        };
        Self {
            store: Arc::clone(store),
            clock: Arc::clone(clock),
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
        let chosen = chosen.map(|((settings, queue), name)| {
            let format = tenant.format(settings.format()?);
            let queue = match (settings.shape, queue) {
                (Shape::Messages, Some(queue)) => Arc::clone(queue),
                _ => Arc::new(self.objects(tenant, format, settings)),
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
        });
        chosen.chain(self.served(tenant).map(Ok)).collect()
    }

    /// Those that a tenant names by itself, and has for itself.
    fn served(&self, tenant: &Tenant) -> impl Iterator<Item = Output> {
        let named = tenant.outputs.iter();
        let named = named.filter_map(|name| Some((name, tenant.format(served_format(name)?))));
        named.map(|(name, format)| {
            let queue = ServedQueue::new(
                self.store.clone(),
                Arc::clone(&self.clock),
                &tenant.name,
                &tenant.tenant_id,
                format.name(),
            );
            let queue = queue.with_settings(ServedSettings {
                max_segment_bytes: MAX_SEGMENT_BYTES,
                max_record_bytes: MAX_SERVED_RECORD_BYTES,
                ..ServedSettings::default()
            });
            Output {
                name: name.clone(),
                ..Output::new(format, Arc::new(queue), Grouping::Tenant)
            }
        })
    }

    fn objects(
        &self,
        tenant: &Tenant,
        format: &dyn Format,
        settings: &OutputSettings,
    ) -> ObjectsQueue {
        let queue = ObjectsQueue::new(self.store.clone(), naming(tenant, format));
        match &settings.readers {
            Some(readers) => queue.with_readers(readers),
            None => queue,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::config::{BehaviorVersion, Region};
    use drawbridge_queue::Message;
    use drawbridge_store::LocalStore;
    use drawbridge_time::SystemClock;

    use super::*;

    /// The output of that setting, of a stack whose store is `folder` and that reaches no AWS.
    fn output(folder: &std::path::Path, setting: &str) -> Output {
        output_of(folder, setting, "", "t.example")
    }

    /// The last output of a tenant of that directory with more in its document.
    fn output_of(folder: &std::path::Path, setting: &str, more: &str, id: &str) -> Output {
        let settings = FunctionSettings::read(|name| {
            Some(match name {
                "DRAWBRIDGE_OUTPUTS" => format!("[{setting}]"),
                "DRAWBRIDGE_TENANTS" => format!(
                    r#"[{{"name":"t","tenant_id":"{id}","secret":"s",
                        "client_id":"00000000-0000-0000-0000-000000000002"{more}}}]"#
                ),
                "DRAWBRIDGE_READERS" => return None,
                _ => "b".to_owned(),
            })
        })
        .unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"));
        let sqs = aws_sdk_sqs::Client::from_conf(config.build());
        let store: Arc<dyn Catalogue> = Arc::new(LocalStore::new(folder));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let outputs = Outputs::new(&settings, &sqs, &store, &clock);
        outputs.of(&settings.tenants[0]).unwrap().pop().unwrap()
    }

    fn message(bytes: usize) -> Message {
        Message {
            key: "k".into(),
            group: "g".into(),
            time: None,
            body: format!("\"{}\"", "x".repeat(bytes - 2)),
            attributes: Vec::new(),
        }
    }

    /// The readers for which a record of so many bytes is too long.
    fn exceeded_by(output: &Output, bytes: usize) -> Vec<&'static str> {
        let exceeded = output.queue.exceeded(&message(bytes));
        exceeded.into_iter().map(|bound| bound.reader).collect()
    }

    #[tokio::test]
    async fn a_pointer_is_sent_only_where_the_reader_resolves_it() {
        let folder = tempfile::tempdir().unwrap();
        let queue = r#""format":"siem","shape":"messages","queue_url":"https://127.0.0.1:1/q""#;
        let over = (1 << 20) + 1;
        for setting in ["", r#","oversize":"quarantine""#] {
            let output = output(folder.path(), &format!("{{{queue}{setting}}}"));
            // SQS is not even asked.
            let refused = output.queue.send(&[message(over)]).await.unwrap();
            assert!(refused[0].is_too_long() && !refused[0].retryable);
            assert_eq!(exceeded_by(&output, over), [""; 0]);
        }
        let setting = format!(r#"{{{queue},"oversize":"pointer"}}"#);
        let output = output(folder.path(), &setting);
        assert_eq!(exceeded_by(&output, over), ["sqs"]);
        assert_eq!(exceeded_by(&output, over - 1), [""; 0]);
        // The body is stored before SQS, which is not there, is asked; the readers of other outputs
        // may not read this folder.
        assert!(output.queue.send(&[message(over)]).await.is_err());
        let bodies = std::fs::read_dir(folder.path().join("oversize/siem")).unwrap();
        assert_eq!(bodies.count(), 1);
    }

    #[test]
    fn a_tenants_records_name_its_data_stream() {
        let folder = tempfile::tempdir().unwrap();
        let alert = drawbridge_alert::Alert::decode(r#"{"id":"da1"}"#).unwrap();
        let queue = r#""shape":"messages","queue_url":"https://127.0.0.1:1/q""#;
        for setting in [queue, r#""shape":"objects""#] {
            let setting = format!(r#"{{"format":"ecs",{setting}}}"#);
            for (more, namespace) in [
                ("", "default"),
                (r#","data_stream":{"namespace":"emea"}"#, "emea"),
            ] {
                let output = output_of(folder.path(), &setting, more, "t.example");
                let explained = output.format.explain(&alert);
                let mut keys = explained[0].keys.iter();
                let is_there = |key: &drawbridge_record::ExplainedKey| {
                    key.key == "data_stream.namespace" && key.value == namespace
                };
                assert!(keys.any(is_there), "{setting} {more}");
            }
        }
    }

    /// Beside what the stack writes for all, without a parameter of the stack's.
    #[tokio::test]
    async fn a_tenant_that_names_a_served_output_has_segments_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let id = "00000000-0000-0000-0000-00000000000D";
        let serve = r#""serve":{"audiences":["00000000-0000-0000-0000-00000000000a"],
            "clients":["00000000-0000-0000-0000-00000000000c"]}"#;
        let more = format!(r#","outputs":["siem-objects","siem-served"],{serve}"#);
        let setting = r#"{"format":"siem","shape":"objects"}"#;
        let output = output_of(folder.path(), setting, &more, id);
        assert_eq!(output.name, "siem-served");
        let of = |bytes: usize| Message {
            body: format!(r#"{{"LastProcessedTimeUtc":"{}"}}"#, "0".repeat(bytes)),
            ..message(2)
        };
        let refused = output.queue.send(&[of(0), of(5 << 20)]).await.unwrap();
        assert_eq!(refused.len(), 1);
        assert!(refused[0].index == 1 && refused[0].is_too_long() && !refused[0].retryable);
        output.queue.flush().await.unwrap();
        let place = format!("served/v1/t/{}/siem", id.to_ascii_lowercase());
        let segments = std::fs::read_dir(folder.path().join(place)).unwrap();
        assert_eq!(segments.count(), 1);
    }

    #[test]
    fn records_are_measured_by_those_who_read_them() {
        let folder = tempfile::tempdir().unwrap();
        for (setting, readers) in [
            (
                r#"{"format":"siem","shape":"objects"}"#,
                &["sentinel", "wazuh"][..],
            ),
            (r#"{"format":"native","shape":"objects"}"#, &[]),
            (
                r#"{"format":"siem","shape":"objects","readers":["splunk"]}"#,
                &[],
            ),
            (
                r#"{"format":"ocsf","shape":"objects","readers":["wazuh"]}"#,
                &["wazuh"],
            ),
        ] {
            let output = output(folder.path(), setting);
            assert_eq!(exceeded_by(&output, 70_000), readers, "{setting}");
            assert_eq!(exceeded_by(&output, 65_000), [""; 0], "{setting}");
        }
    }
}
