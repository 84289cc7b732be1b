//! Where items go.

use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_config::Tenant;
use drawbridge_poll::assembly::Services;
use drawbridge_poll::{Grouping, Output, Poller};
use drawbridge_queue::Hold;

use crate::cli::{self, ReplayRun};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::outputs::Shape;
use crate::poll::fleet;
use crate::tenants::{TenantDocument, tenant_documents};

/// The output that a queue belongs to, unless it is said.
const DEFAULT: &str = "siem";

/// The pollers of the tenants that items belong to, with the outputs that they go to.
pub(super) struct Pollers<'a> {
    place: &'a DataLocation,
    services: Services,
    found: Vec<TenantDocument>,
    queues: Vec<(String, String)>,
    /// Whether the queues' readers resolve pointers.
    pointers: bool,
    output: Option<String>,
    known: HashMap<String, Arc<Poller>>,
}

impl<'a> Pollers<'a> {
    pub(super) async fn open(place: &'a DataLocation, args: &ReplayRun) -> Result<Self, Failure> {
        let queues = args.queues.iter().map(|queue| named(queue));
        let queues = queues.collect::<Result<Vec<_>, _>>()?;
        if place.as_folder().is_some() && !queues.is_empty() {
            place.records("", "", false)?;
        }
        Ok(Self {
            place,
            services: place.services()?,
            found: tenant_documents(place.store.as_ref()).await?.told(),
            queues,
            pointers: args.pointers,
            output: args.output.clone(),
            known: HashMap::new(),
        })
    }

    /// The poller of a tenant.
    pub(super) async fn of(&mut self, name: &str) -> Result<Arc<Poller>, Failure> {
        if let Some(poller) = self.known.get(name) {
            return Ok(Arc::clone(poller));
        }
        let found = self.found.iter().find(|found| found.document.name == name);
        let found = found.ok_or_else(|| {
            Failure::of(format!(
                "{name:?} has no document in {}: add the tenant first",
                self.place.name()
            ))
        })?;
        let tenant = found.tenant.as_ref().map_err(Failure::of)?;
        let tenant = self.services.admit(tenant).await.map_err(Failure::of)?;
        let poller = if self.place.as_folder().is_some() {
            fleet::poller(self.place, &self.services, tenant, Hold::WhileSending).await?
        } else {
            let outputs = self.outputs(&tenant)?;
            self.services.poller(tenant, outputs).map_err(Failure::of)?
        };
        let poller = Arc::new(poller);
        self.known.insert(name.to_owned(), Arc::clone(&poller));
        Ok(poller)
    }

    /// The stack's outputs, as far as the tenant's document and the command line name them.
    fn outputs(&self, tenant: &Tenant) -> Result<Vec<Output>, Failure> {
        let mut outputs = Vec::new();
        for (name, url) in &self.queues {
            let shape = crate::outputs::shape(name).filter(|(_, shape)| *shape == Shape::Messages);
            let (format, _) = shape.ok_or_else(|| {
                let known = drawbridge_record::names().join(", ");
                Failure::of(format!(
                    "no output of messages is called {}; there is {known}",
                    cli::quoted(name)
                ))
            })?;
            let grouping = if url.ends_with(".fifo") {
                Grouping::Alert
            } else {
                Grouping::Tenant
            };
            outputs.push(Output::new(
                tenant.format(format),
                self.place.records(name, url, self.pointers)?,
                grouping,
            ));
        }
        let store = self.place.objects();
        let mut named = tenant.outputs.clone();
        named.extend(self.output.clone());
        named.sort_unstable();
        named.dedup();
        let objects = |name: &String| crate::outputs::objects(&store, tenant, name);
        outputs.extend(named.iter().filter_map(objects));
        let is_there = |name: &String| outputs.iter().any(|output| output.name == *name);
        match tenant.outputs.iter().find(|name| !is_there(name)) {
            Some(missing) => Err(Failure::of(format!(
                "the tenant writes to {missing}: give its queue as --queue {missing}=URL"
            ))),
            None if outputs.is_empty() => Err(Failure::of(
                "alerts and records go to the stack's outputs: give --queue URL, --queue \
                 OUTPUT=URL for another output than siem, or --output siem-objects for objects",
            )),
            None => Ok(outputs),
        }
    }
}

/// The output and the URL of `[OUTPUT=]URL`. A URL may have an equals sign itself.
fn named(queue: &str) -> Result<(String, String), Failure> {
    let (name, url) = match queue.split_once('=') {
        Some((name, url)) if !name.contains('/') => (name, url),
        _ => (DEFAULT, queue),
    };
    if url::Url::parse(url).is_err() {
        return Err(Failure::of(
            "--queue takes the URL of a queue, or OUTPUT=URL",
        ));
    }
    Ok((name.to_owned(), url.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_queue_may_say_its_output() {
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        let url = "https://sqs.example/1/records";
        assert_eq!(named(url).unwrap(), pair("siem", url));
        assert_eq!(named(&format!("ocsf={url}")).unwrap(), pair("ocsf", url));
        assert_eq!(
            named("https://x/?a=b").unwrap(),
            pair("siem", "https://x/?a=b")
        );
        assert!(named("records").is_err());
    }
}
