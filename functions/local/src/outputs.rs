//! What a tenant's document names as outputs, in a folder: files, objects and what is served.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_config::{ConfigError, SERVED, Tenant, defaults, served_format};
use drawbridge_files::Root;
use drawbridge_poll::assembly::naming;
use drawbridge_poll::{Grouping, Output};
use drawbridge_queue::{
    Hold, LocalQueue, Message, ObjectsQueue, Queue, QueueError, Refused, ServedQueue,
};
use drawbridge_record::{Body, Format};
use drawbridge_store::{Catalogue, LocalStore, Store};
use drawbridge_time::SystemClock;

use crate::data_location::{DataLocation, FOLDERS, NamedStack};
use crate::failure::Failure;

/// What ends the name of an output of objects.
const OBJECTS: &str = "-objects";

/// How the records of an output travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One by one: on a queue, in a folder as lines of a file.
    Messages,
    /// In objects, of which S3 tells the readers.
    Objects,
    /// In segments, for which readers ask `drawbridge serve`.
    Served,
}

/// The format of an output and how its records travel; `None` for an output that cannot be.
pub(crate) fn shape(output: &str) -> Option<(&'static dyn Format, Shape)> {
    if let Some(format) = served_format(output) {
        return Some((format, Shape::Served));
    }
    let (format, shape) = match output.strip_suffix(OBJECTS) {
        Some(format) => (format, Shape::Objects),
        None => (output, Shape::Messages),
    };
    Some((drawbridge_record::format(format)?, shape))
}

/// Checks that outputs can be in this place, and that nothing has no effect there. Of a bucket alone, it
/// is not known which of them its stack has.
pub(crate) fn check(tenant: &Tenant, place: &DataLocation) -> Result<(), ConfigError> {
    if place.as_folder().is_some() {
        tenant.check_effects_on_a_machine()?;
    }
    check_names(tenant)?;
    place
        .as_named_stack()
        .map_or(Ok(()), |stack| check_there(tenant, stack))
}

/// Checks that a stack has them, as the poll function does. Served ones each tenant has for itself.
fn check_there(tenant: &Tenant, stack: &NamedStack) -> Result<(), ConfigError> {
    let known = stack.output_names();
    let of_stack = |output: &&String| served_format(output).is_none();
    let mut named = tenant.outputs.iter().filter(of_stack);
    let Some(missing) = named.find(|output| !known.contains(output)) else {
        return Ok(());
    };
    let there = match known.as_slice() {
        [] => "none".to_owned(),
        known => known.join(", "),
    };
    let problem = format!(
        "names {missing}, which the stack {} does not have; it has {there}, and FORMAT{SERVED} of each \
         format whose records are JSON: name one of these, or switch {missing} on with the stack's \
         parameters first",
        stack.name()
    );
    Err(tenant.wrong("outputs", &problem))
}

/// Whether a tenant names outputs of its stack, of which it is not known which it has.
pub(crate) fn are_unknown(tenant: &Tenant, place: &DataLocation) -> bool {
    let is_bucket = place.as_folder().is_none() && place.as_named_stack().is_none();
    let mut named = tenant.outputs.iter();
    is_bucket && named.any(|output| served_format(output).is_none())
}

/// Checks that outputs are named as some can be.
pub(crate) fn check_names(tenant: &Tenant) -> Result<(), ConfigError> {
    if tenant.outputs.iter().all(|output| shape(output).is_some()) {
        return Ok(());
    }
    let known = drawbridge_record::names().join(", ");
    let problem = format!(
        "names one that cannot be; an output is a format, with {OBJECTS} behind it for objects and, \
         if its records are JSON, {SERVED} for what is served: {known}"
    );
    Err(tenant.wrong("outputs", &problem))
}

/// Checks that a tenant of a folder is called as none of the folders in it: its records, which a
/// group may read, would lie among what is for its owner alone.
pub(crate) fn check_name(tenant: &Tenant) -> Result<(), ConfigError> {
    if !FOLDERS.contains(&tenant.name.as_str()) {
        return Ok(());
    }
    let problem = format!(
        "is that of a folder beside the records: call the tenant otherwise; {} are taken",
        FOLDERS.join(", ")
    );
    Err(tenant.wrong("name", &problem))
}

/// The names of a tenant's outputs in a folder.
pub(crate) fn names(tenant: &Tenant) -> Vec<String> {
    if tenant.outputs.is_empty() {
        vec![defaults::OUTPUT.to_owned()]
    } else {
        tenant.outputs.clone()
    }
}

/// The file of an output of messages, in the tenant's folder.
pub(crate) fn file_name(format: &dyn Format) -> String {
    let ending = match format.body() {
        Body::Json => "ndjson",
        Body::Text => "log",
    };
    format!("{}.{ending}", format.name())
}

/// Opens a tenant's outputs: `<folder>/<below>/<format>.ndjson`, `.log` for text, or objects.
pub(crate) async fn open(
    folder: &Path,
    below: &Path,
    tenant: &Tenant,
    hold: Hold,
) -> Result<Vec<Output>, Failure> {
    check_names(tenant)
        .and_then(|()| check_name(tenant))
        .map_err(Failure::of)?;
    let store: Arc<dyn Store> = Arc::new(LocalStore::new(folder).for_group());
    // Only `drawbridge serve` reads what it serves, and it checks who may.
    let private: Arc<dyn Catalogue> = Arc::new(LocalStore::new(folder));
    let mut opened = Vec::new();
    for name in names(tenant) {
        let Some((format, shape)) = shape(&name) else {
            continue;
        };
        let format = tenant.format(format);
        match shape {
            Shape::Messages => {}
            Shape::Objects => {
                opened.extend(objects(&store, tenant, &name));
                continue;
            }
            Shape::Served => {
                opened.extend(served(&private, tenant, &name));
                continue;
            }
        }
        let file = below.join(file_name(format));
        let queue = LocalQueue::open_below(Root::new(folder), file, hold).await;
        let queue = Arc::new(queue.map_err(Failure::of)?);
        opened.push(output(name, format, queue));
    }
    Ok(opened)
}

/// A tenant's output of objects by its name; `None` if that is of another one.
pub(crate) fn objects(store: &Arc<dyn Store>, tenant: &Tenant, name: &str) -> Option<Output> {
    let (format, shape) = shape(name)?;
    let format = tenant.format(format);
    let queue = Arc::new(ObjectsQueue::new(Arc::clone(store), naming(tenant, format)));
    (shape == Shape::Objects).then(|| output(name.to_owned(), format, queue))
}

/// A tenant's served output by its name; `None` if that is of another one.
pub(crate) fn served(store: &Arc<dyn Catalogue>, tenant: &Tenant, name: &str) -> Option<Output> {
    let format = tenant.format(served_format(name)?);
    let queue = ServedQueue::new(
        Arc::clone(store),
        Arc::new(SystemClock),
        &tenant.name,
        &tenant.tenant_id,
        format.name(),
    );
    Some(output(name.to_owned(), format, Arc::new(queue)))
}

/// A tenant's outputs that take nothing, for a run that only counts.
pub(crate) fn nowhere(names: &[String]) -> Vec<Output> {
    let known = names.iter().filter_map(|name| Some((name, shape(name)?)));
    known
        .map(|(name, (format, _))| output(name.clone(), format, Arc::new(Nowhere)))
        .collect()
}

fn output(name: String, format: &'static dyn Format, queue: Arc<dyn Queue>) -> Output {
    Output {
        name,
        ..Output::new(format, queue, Grouping::Tenant)
    }
}

struct Nowhere;

#[async_trait]
impl Queue for Nowhere {
    async fn send(&self, _messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        Ok(Vec::new())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}
