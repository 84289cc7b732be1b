//! A stack by its name: CloudFormation knows its bucket, its queues and its settings.
//!
//! Nothing of that is kept in the bucket for the command to read: who runs it knows the stack's name and
//! not the bucket's, and what CloudFormation says is what the functions have.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Stack;
use drawbridge_aws::{Advice, Fault};

use crate::failure::Failure;

/// What the output of a dead-letter queue's URL ends with; before that is its queue's output.
const DEAD_LETTERS: &str = "DeadLetterQueueUrl";

/// What ends the word for an output of objects.
const OBJECTS: &str = "Objects";

/// The jobs queue among the queues.
const JOBS: &str = "jobs";

const ADVICE: Advice<'_> = Advice {
    allow: "allow cloudformation:DescribeStacks on it to whoever runs this, or give --bucket and the \
            queues in place of the stack's name",
    missing: MISSING,
    codes: &[("ValidationError", MISSING)],
};

/// CloudFormation says the same of a name that no stack has and of a stack elsewhere.
const MISSING: &str = "there is none of this name in the account and region that you are signed in to: \
                       see `aws cloudformation list-stacks`, and set AWS_REGION to the stack's";

/// A stack of `infra/template.yaml`, as its outputs and parameters describe it.
#[derive(Debug)]
pub(crate) struct NamedStack {
    name: String,
    status: String,
    outputs: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
}

/// A queue of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackQueue {
    /// The output that it belongs to, such as `siem` or `siem-objects`, or `jobs`.
    pub(crate) output: String,
    pub(crate) url: String,
    pub(crate) dead_letters_url: String,
    /// Whether its reader resolves pointers into the bucket.
    pub(crate) has_pointers: bool,
}

impl StackQueue {
    /// Whether records or notifications are on it, and not jobs.
    pub(crate) fn is_of_output(&self) -> bool {
        self.output != JOBS
    }

    /// Whether S3's notifications of objects are on it.
    pub(crate) fn is_of_objects(&self) -> bool {
        self.output.ends_with("-objects")
    }
}

impl NamedStack {
    /// Asks CloudFormation about the stack, once.
    ///
    /// # Errors
    /// If there is no such stack, if it may not be described, and if it is not a stack of the poller.
    pub(crate) async fn look(config: &SdkConfig, name: &str) -> Result<Self, Failure> {
        let asked = Client::new(config).describe_stacks().stack_name(name);
        let answer = asked.send().await.map_err(|error| {
            let fault = Fault::of(&error);
            Failure::of(fault.at(format!("the stack {name}"), &ADVICE))
        })?;
        let stack = answer.stacks().first();
        let stack = stack.ok_or_else(|| Failure::of(format!("the stack {name}: {MISSING}")))?;
        Self::of(name, stack)
    }

    fn of(name: &str, stack: &Stack) -> Result<Self, Failure> {
        let outputs = stack.outputs().iter();
        let outputs = outputs.filter_map(|output| {
            Some((
                output.output_key()?.to_owned(),
                output.output_value()?.to_owned(),
            ))
        });
        let parameters = stack.parameters().iter();
        let parameters = parameters.filter_map(|parameter| {
            let value = parameter.parameter_value()?;
            Some((parameter.parameter_key()?.to_owned(), value.to_owned()))
        });
        let status = stack.stack_status();
        let found = Self {
            name: name.to_owned(),
            status: status.map_or("", |status| status.as_str()).to_owned(),
            outputs: outputs.collect(),
            parameters: parameters.collect(),
        };
        if found.outputs.contains_key("BucketName") && found.outputs.contains_key("JobsQueueUrl") {
            return Ok(found);
        }
        let nested = stack.root_id().or(stack.parent_id());
        Err(Failure::of(found.is_another(nested)))
    }

    /// One with these outputs and parameters.
    #[cfg(test)]
    pub(super) fn of_test(outputs: &[(&str, &str)], parameters: &[(&str, &str)]) -> Self {
        let owned = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        Self {
            name: "prod".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            outputs: owned(outputs),
            parameters: owned(parameters),
        }
    }

    /// Why it is not the stack that was meant. `root` is the id of the stack that it is a part of.
    fn is_another(&self, root: Option<&str>) -> String {
        let Self { name, status, .. } = self;
        // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
        if let Some(whole) = root.and_then(|root| root.split('/').nth(1)) {
            return format!("{name} is a part of the stack {whole}: give --stack {whole}");
        }
        if self.outputs.contains_key("Endpoint") && self.parameters.contains_key("BucketName") {
            return format!(
                "{name} is the stack of serve.yaml, which only answers connectors: give the name of the \
                 stack that polls, whose output BucketName is this one's parameter BucketName"
            );
        }
        if status.starts_with("CREATE_")
            || status.starts_with("ROLLBACK_")
            || status.starts_with("DELETE_")
        {
            return format!(
                "the stack {name} has no outputs, as it is {status}: wait until it is CREATE_COMPLETE, or \
                 see why it is not with `aws cloudformation describe-stack-events --stack-name {name}`"
            );
        }
        format!(
            "the stack {name} has no outputs BucketName and JobsQueueUrl, as every stack of template.yaml \
             has: give the name of the stack that polls, or update that one, if it is of an older release"
        )
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What CloudFormation says of its last change, such as `UPDATE_COMPLETE`.
    pub(crate) fn status(&self) -> &str {
        &self.status
    }

    pub(crate) fn bucket(&self) -> &str {
        self.outputs.get("BucketName").map_or("", String::as_str)
    }

    /// An output; `None` if the stack has none of the name.
    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }

    /// A parameter; `None` if it is empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let value = self.parameters.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// A variable of the poll function, of those that say what documents may name. Those where the command
    /// runs do not count: they may be another stack's.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "DRAWBRIDGE_TENANTS" => {
                match (self.output("FirstTenant"), self.parameter("TenantId")) {
                    (Some(first), _) => Some(first),
                    (None, None) => Some("[]"),
                    // One that does not say how it signs in.
                    (None, Some(_)) => None,
                }
            }
            "DRAWBRIDGE_SECRET_PREFIX" => self.output("SecretPrefix"),
            "DRAWBRIDGE_ALLOWED_SECRETS" => self.parameter("SecretArns"),
            "DRAWBRIDGE_ALLOWED_HOSTS" => self.parameter("AllowedHosts"),
            "DRAWBRIDGE_LOGIN_URL" => self.parameter("LoginUrl"),
            "DRAWBRIDGE_GRAPH_URL" => self.parameter("GraphUrl"),
            _ => None,
        };
        value.map(str::to_owned)
    }

    /// Its queues, with that of the jobs.
    pub(crate) fn queues(&self) -> Vec<StackQueue> {
        let dead = self.outputs.iter();
        let dead = dead.filter_map(|(name, url)| Some((name.strip_suffix(DEAD_LETTERS)?, url)));
        let queues = dead.filter_map(|(word, dead_letters_url)| {
            let output = output_of(word);
            Some(StackQueue {
                url: self.output(&format!("{word}QueueUrl"))?.to_owned(),
                dead_letters_url: dead_letters_url.clone(),
                has_pointers: self.has_pointers(&output),
                output,
            })
        });
        queues.collect()
    }

    /// The outputs that it has: those of messages, and those of objects.
    pub(crate) fn output_names(&self) -> Vec<String> {
        let queues = self.queues().into_iter();
        let outputs = queues.filter(StackQueue::is_of_output);
        outputs.map(|queue| queue.output).collect()
    }

    /// The queue of an output, or why there is none.
    pub(crate) fn queue(&self, output: &str) -> Result<StackQueue, Failure> {
        let all = self.queues();
        let found = all.iter().find(|queue| queue.output == output).cloned();
        found.ok_or_else(|| {
            let there: Vec<&str> = all.iter().map(|queue| &*queue.output).collect();
            Failure::of(format!(
                "the stack {} has no output {}; there is {}",
                self.name,
                crate::cli::quoted(output),
                there.join(", ")
            ))
        })
    }

    /// Whether it delivers an output to a SIEM's own intake.
    pub(crate) fn delivers(&self) -> bool {
        let target = self.parameter("DeliverTarget");
        target.is_some_and(|target| target != "none")
    }

    fn has_pointers(&self, output: &str) -> bool {
        let is_delivered = self.delivers() && self.parameter("DeliverOutput") == Some(output);
        is_delivered || self.parameter("MessagePointers") == Some("yes")
    }
}

/// The output that the stack's outputs call by a word: `siem-objects` of `SiemObjects`.
fn output_of(word: &str) -> String {
    let format = |word: &str| word.to_ascii_lowercase();
    match word.strip_suffix(OBJECTS) {
        Some(word) => format!("{}-objects", format(word)),
        None => format(word),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::{Output, Parameter, StackStatus};

    use super::*;

    fn stack(outputs: &[(&str, &str)], parameters: &[(&str, &str)]) -> Stack {
        let output = |(key, value): &(&str, &str)| {
            Output::builder()
                .output_key(*key)
                .output_value(*value)
                .build()
        };
        let parameter = |(key, value): &(&str, &str)| {
            let parameter = Parameter::builder().parameter_key(*key);
            parameter.parameter_value(*value).build()
        };
        Stack::builder()
            .stack_name("prod")
            .stack_status(StackStatus::UpdateComplete)
            .set_outputs(Some(outputs.iter().map(output).collect()))
            .set_parameters(Some(parameters.iter().map(parameter).collect()))
            .build()
    }

    const OUTPUTS: [(&str, &str); 7] = [
        ("BucketName", "b"),
        ("JobsQueueUrl", "q/jobs"),
        ("JobsDeadLetterQueueUrl", "q/jobs-dead"),
        ("SiemQueueUrl", "q/siem"),
        ("SiemDeadLetterQueueUrl", "q/siem-dead"),
        ("SiemObjectsQueueUrl", "q/objects"),
        ("SiemObjectsDeadLetterQueueUrl", "q/objects-dead"),
    ];

    fn named(more: &[(&str, &str)], parameters: &[(&str, &str)]) -> NamedStack {
        let stack = stack(&[&OUTPUTS[..], more].concat(), parameters);
        NamedStack::of("prod", &stack).unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[test]
    fn its_queues_are_those_of_its_outputs() {
        let named = named(&[], &[]);
        let queues = named.queues().into_iter();
        let queues: Vec<_> = queues
            .map(|queue| (queue.output, queue.url, queue.dead_letters_url))
            .collect();
        let of = |output: &str, url: &str| (output.into(), url.into(), format!("{url}-dead"));
        assert_eq!(
            queues,
            [
                of("jobs", "q/jobs"),
                of("siem", "q/siem"),
                of("siem-objects", "q/objects")
            ]
        );
        let missing = named.queue("ocsf").unwrap_err().to_string();
        assert!(
            missing.contains("no output \"ocsf\"; there is jobs, siem"),
            "{missing}"
        );
    }

    #[test]
    fn a_reader_resolves_pointers_if_a_parameter_says_so() {
        let of = |parameters: &[(&str, &str)]| {
            named(&[], parameters).queue("siem").unwrap().has_pointers
        };
        assert!(!of(&[
            ("MessagePointers", "no"),
            ("DeliverTarget", "none"),
            ("DeliverOutput", "siem")
        ]));
        assert!(of(&[("MessagePointers", "yes")]));
        assert!(of(&[
            ("DeliverTarget", "webhook"),
            ("DeliverOutput", "siem")
        ]));
        assert!(!of(&[
            ("DeliverTarget", "webhook"),
            ("DeliverOutput", "ocsf")
        ]));
    }

    #[test]
    fn what_documents_may_name_is_what_the_functions_are_told() {
        let all = named(
            &[
                ("SecretPrefix", "drawbridge/prod/"),
                ("FirstTenant", "[{}]"),
            ],
            &[
                ("SecretArns", "arn"),
                ("AllowedHosts", "h"),
                ("LoginUrl", "l"),
                ("GraphUrl", ""),
            ],
        );
        for (name, value) in [
            ("DRAWBRIDGE_TENANTS", Some("[{}]")),
            ("DRAWBRIDGE_SECRET_PREFIX", Some("drawbridge/prod/")),
            ("DRAWBRIDGE_ALLOWED_SECRETS", Some("arn")),
            ("DRAWBRIDGE_ALLOWED_HOSTS", Some("h")),
            ("DRAWBRIDGE_LOGIN_URL", Some("l")),
            ("DRAWBRIDGE_GRAPH_URL", None),
            ("PATH", None),
        ] {
            assert_eq!(all.variable(name).as_deref(), value, "{name}");
        }
        let tenants =
            |parameters: &[(&str, &str)]| named(&[], parameters).variable("DRAWBRIDGE_TENANTS");
        assert_eq!(tenants(&[("TenantId", "")]).as_deref(), Some("[]"));
        assert_eq!(tenants(&[("TenantId", "t")]), None);
    }

    #[test]
    fn another_stack_is_told_from_the_one_that_polls() {
        let refused = |stack: &Stack| NamedStack::of("it", stack).unwrap_err().to_string();
        let serve = stack(&[("Endpoint", "https://x")], &[("BucketName", "b")]);
        let older = stack(&[("BucketName", "b")], &[]);
        let made = |status| {
            let mut made = stack(&[], &[]);
            made.stack_status = Some(status);
            made
        };
        let mut nested = stack(&[("QueueUrl", "q")], &[]);
        nested.root_id = Some("arn:aws:cloudformation:r:1:stack/prod/0".to_owned());
        for (stack, words) in [
            (serve, "serve.yaml"),
            (older, "older release"),
            (made(StackStatus::CreateInProgress), "CREATE_IN_PROGRESS"),
            (made(StackStatus::RollbackComplete), "ROLLBACK_COMPLETE"),
            (nested, "give --stack prod"),
        ] {
            let refused = refused(&stack);
            assert!(refused.contains(words), "{refused}");
        }
    }
}
