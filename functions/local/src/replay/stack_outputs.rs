//! The outputs of a stack that items can go to: those of the command line before those of the stack.

use crate::data_location::{DataLocation, StackQueue};
use crate::failure::Failure;

/// The output that a queue belongs to, unless it is said.
const DEFAULT: &str = "siem";

/// An output of messages and its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputQueue {
    pub(super) output: String,
    pub(super) url: String,
    /// Whether its reader resolves pointers.
    pub(super) pointers: bool,
    /// Whether the stack has named it, and not the command line.
    pub(super) is_of_stack: bool,
}

impl OutputQueue {
    /// The output and the URL of `[OUTPUT=]URL`. A URL may have an equals sign itself.
    pub(super) fn given(queue: &str, pointers: bool) -> Result<Self, Failure> {
        let (output, url) = match queue.split_once('=') {
            Some((name, url)) if !name.contains('/') => (name, url),
            _ => (DEFAULT, queue),
        };
        if url::Url::parse(url).is_err() {
            return Err(Failure::usage(
                "--queue takes the URL of a queue, or OUTPUT=URL",
            ));
        }
        Ok(Self {
            output: output.to_owned(),
            url: url.to_owned(),
            pointers,
            is_of_stack: false,
        })
    }
}

/// The outputs of messages that were given and, of a stack that is known by its name, the others that it
/// has; and its outputs of objects.
pub(super) fn of_stack(
    place: &DataLocation,
    given: Vec<OutputQueue>,
    pointers: bool,
) -> (Vec<OutputQueue>, Option<Vec<String>>) {
    let Some(stack) = place.as_named_stack() else {
        return (given, None);
    };
    let all = stack.queues().into_iter();
    let (objects, messages): (Vec<_>, Vec<_>) = all
        .filter(StackQueue::is_of_output)
        .partition(StackQueue::is_of_objects);
    let mut queues = given;
    for queue in messages {
        if queues.iter().all(|given| given.output != queue.output) {
            queues.push(OutputQueue {
                pointers: pointers || queue.has_pointers,
                output: queue.output,
                url: queue.url,
                is_of_stack: true,
            });
        }
    }
    let objects = objects.into_iter().map(|queue| queue.output);
    (queues, Some(objects.collect()))
}

#[cfg(test)]
mod tests {
    use super::OutputQueue;

    #[test]
    fn a_queue_may_say_its_output() {
        let given = |queue: &str| {
            let queue = OutputQueue::given(queue, true).unwrap();
            assert!(queue.pointers && !queue.is_of_stack);
            (queue.output, queue.url)
        };
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        let url = "https://sqs.example/1/records";
        assert_eq!(given(url), pair("siem", url));
        assert_eq!(given(&format!("ocsf={url}")), pair("ocsf", url));
        assert_eq!(given("https://x/?a=b"), pair("siem", "https://x/?a=b"));
        assert!(OutputQueue::given("records", false).is_err());
    }
}
