//! Where items go.

use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_config::Tenant;
use drawbridge_cursor::State;
use drawbridge_files::Root;
use drawbridge_poll::assembly::Services;
use drawbridge_poll::{Grouping, Output, Poller, state_key};
use drawbridge_quarantine::{Item, Kind, StoredItem};
use drawbridge_queue::{Hold, LocalQueue, Queue};

use crate::cli::{self, ReplayRun};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::outputs::{Shape, file_name};
use crate::poll::open_poller;
use crate::replay::stack_outputs::{OutputQueue, of_stack};
use crate::tenants::{KnownTenants, unknown};

/// The pollers of the tenants that items belong to, with the outputs that they go to.
pub(super) struct Pollers<'a> {
    place: &'a DataLocation,
    services: Services,
    tenants: KnownTenants,
    queues: Vec<OutputQueue>,
    /// The outputs of objects that the stack has, if that is known.
    objects: Option<Vec<String>>,
    output: Option<String>,
    known: HashMap<String, Arc<Poller>>,
}

impl<'a> Pollers<'a> {
    pub(super) async fn open(place: &'a DataLocation, args: &ReplayRun) -> Result<Self, Failure> {
        let given = args.queues.iter();
        let given = given.map(|queue| OutputQueue::given(queue, args.pointers));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        if place.as_folder().is_some() && !given.is_empty() {
            place.records("", "", false)?;
        }
        let (queues, objects) = of_stack(place, given, args.pointers);
        if args.pointers && queues.is_empty() {
            return Err(Failure::usage(
                "--pointers goes with --stack or --queue: in a folder, no record is too large",
            ));
        }
        let tenants = KnownTenants::of(place).await?;
        tenants.documents.say_unreadable();
        Ok(Self {
            place,
            services: place.services()?,
            tenants,
            queues,
            objects,
            output: args.output.clone(),
            known: HashMap::new(),
        })
    }

    /// The poller of a tenant.
    pub(super) async fn of(&mut self, name: &str) -> Result<Arc<Poller>, Failure> {
        if let Some(poller) = self.known.get(name) {
            return Ok(Arc::clone(poller));
        }
        let found = &self.tenants.documents.found;
        let known = self.tenants.polled_by(name);
        let known = known.ok_or_else(|| unknown(name, found, self.place))?;
        let tenant = known.tenant().map_err(Failure::of)?;
        let tenant = self.services.admit(tenant).await.map_err(Failure::of)?;
        let poller = if self.place.as_folder().is_some() {
            open_poller(self.place, &self.services, tenant, Hold::WhileSending).await?
        } else {
            let outputs = self.outputs(&tenant)?;
            self.services.poller(tenant, outputs).map_err(Failure::of)?
        };
        let poller = Arc::new(poller);
        self.known.insert(name.to_owned(), Arc::clone(&poller));
        Ok(poller)
    }

    /// Checks that an alert goes to every output that polls of its tenant wrote to, as far as the state
    /// knows: it is moved away when it was sent, and would be missing in the others for ever.
    pub(super) async fn check_all_outputs(&self, name: &str, to: &Poller) -> Result<(), Failure> {
        // What the stack has is all that polls write to.
        if self.place.as_folder().is_some() || self.objects.is_some() {
            return Ok(());
        }
        let object = self.place.store.get(&state_key(name)).await;
        let Some(object) = object.map_err(Failure::of)? else {
            return Ok(());
        };
        let state = State::decode(&object.body).map_err(Failure::of)?;
        let given: Vec<&str> = to.outputs.iter().map(|output| &*output.name).collect();
        match missing_output(&state, &given) {
            None => Ok(()),
            Some((missing, shape)) => {
                let option = match shape {
                    Shape::Messages => format!("--queue {missing}=URL"),
                    Shape::Objects | Shape::Served => format!("--output {missing}"),
                };
                Err(Failure::of(format!(
                    "polls of {name} write to {missing} as well: give {option}, too, or name the \
                     outputs that it has now in the tenant's document"
                )))
            }
        }
    }

    /// The file that a record of a tenant without a document is from, and its name: `deliver --file` puts
    /// aside beside a file that is in no tenant's folder what a target refuses of it.
    pub(super) async fn file_without_document(
        &self,
        item: &StoredItem,
        content: &Item<'_>,
    ) -> Result<Option<(Arc<dyn Queue>, String)>, Failure> {
        let has_document = self.tenants.polled_by(&item.tenant).is_some();
        let Some(folder) = self.place.as_folder().filter(|_| !has_document) else {
            return Ok(None);
        };
        let format = content
            .format
            .as_deref()
            .and_then(drawbridge_record::format);
        let Some(format) = format.filter(|_| item.kind == Kind::Undeliverable) else {
            return Ok(None);
        };
        let file = file_name(format);
        let root = Root::new(folder);
        if !root.path().join(&file).exists() {
            return Ok(None);
        }
        let queue = LocalQueue::open_below(root, file.clone(), Hold::WhileSending).await;
        Ok(Some((Arc::new(queue.map_err(Failure::of)?), file)))
    }

    /// The stack's outputs that a tenant writes to, as far as its document, the command line and, where
    /// it is known by its name, the stack name them.
    fn outputs(&self, tenant: &Tenant) -> Result<Vec<Output>, Failure> {
        let is_wanted = |name: &str| {
            let mut named = tenant.outputs.iter().chain(&self.output);
            tenant.outputs.is_empty() || named.any(|wanted| wanted == name)
        };
        let mut outputs = Vec::new();
        for queue in &self.queues {
            let (name, url) = (&queue.output, &queue.url);
            if queue.is_of_stack && !is_wanted(name) {
                continue;
            }
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
                self.place.records(name, url, queue.pointers)?,
                grouping,
            ));
        }
        let store = self.place.objects();
        let mut named = tenant.outputs.clone();
        if named.is_empty() {
            named.extend(self.objects.iter().flatten().cloned());
        }
        named.extend(self.output.clone());
        named.sort_unstable();
        named.dedup();
        let objects = |name: &String| crate::outputs::objects(&store, tenant, name);
        outputs.extend(named.iter().filter_map(objects));
        let served = |name: &String| crate::outputs::served(&self.place.store, tenant, name);
        outputs.extend(named.iter().filter_map(served));
        let is_there = |name: &String| outputs.iter().any(|output| output.name == *name);
        match tenant.outputs.iter().find(|name| !is_there(name)) {
            Some(missing) if self.objects.is_some() => Err(Failure::of(format!(
                "the tenant writes to {missing}, which {} does not have: take it out of the tenant's \
                 document, or switch it on with the stack's parameters",
                self.place.name()
            ))),
            Some(missing) => Err(Failure::of(format!(
                "the tenant writes to {missing}: give its queue as --queue {missing}=URL"
            ))),
            None if outputs.is_empty() => Err(Failure::of(
                "alerts and records go to the stack's outputs: give the stack's name as --stack NAME; or \
                 give --queue URL, --queue OUTPUT=URL for another output than siem, or --output \
                 siem-objects for objects",
            )),
            None => Ok(outputs),
        }
    }
}

/// An output that a state knows of and that is not given, and how its records travel.
fn missing_output<'s>(state: &'s State, given: &[&str]) -> Option<(&'s str, Shape)> {
    // What a backfill sent again is kept under a name that is no output's.
    let names = state.outputs.keys().map(String::as_str);
    let mut known = names.filter_map(|name| Some((name, crate::outputs::shape(name)?.1)));
    known.find(|(name, _)| !given.contains(name))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use drawbridge_cursor::State;
    use drawbridge_store::testing::FaultyStore;

    use super::{Arc, DataLocation, Pollers, Shape, cli, missing_output};

    /// The arguments of `replay run --all`.
    fn all() -> cli::ReplayRun {
        let parsed = cli::Cli::parse_from(["drawbridge", "replay", "run", "--all"]);
        let Some(cli::Command::Replay(replay)) = parsed.command else {
            panic!("another command");
        };
        match replay.command {
            cli::ReplayCommand::Run(run) => run,
            _ => panic!("another command of replay"),
        }
    }

    #[tokio::test]
    async fn the_tenant_of_the_stacks_parameters_writes_to_all_that_the_stack_has() {
        let first = r#"[{"name":"main","tenant_id":"t.example","federation":"aws",
            "client_id":"00000000-0000-0000-0000-0000000000ab"}]"#;
        let outputs = [
            ("FirstTenant", first),
            ("SiemQueueUrl", "https://q/siem"),
            ("SiemDeadLetterQueueUrl", "https://q/siem-dead"),
            ("OcsfObjectsQueueUrl", "https://q/ocsf"),
            ("OcsfObjectsDeadLetterQueueUrl", "https://q/ocsf-dead"),
        ];
        let place = DataLocation::test_stack(Arc::<FaultyStore>::default(), &outputs, &[]);
        let opened = Pollers::open(&place, &all()).await;
        let mut pollers = opened.unwrap_or_else(|failure| panic!("{failure}"));
        let poller = pollers.of("main").await;
        let poller = poller.unwrap_or_else(|failure| panic!("{failure}"));
        let mut names: Vec<_> = poller.outputs.iter().map(|of| of.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ocsf-objects", "siem"]);
        let other = pollers.of("other").await.err().unwrap().to_string();
        assert!(other.contains("there is main"), "{other}");
    }

    #[test]
    fn an_output_that_polls_wrote_to_is_missed() {
        let mut state = State::default();
        for output in ["siem", "ocsf-objects", "resent/20260101/native"] {
            state.output(output);
        }
        for (given, missing) in [
            (&["siem"][..], Some(("ocsf-objects", Shape::Objects))),
            (&["ocsf-objects"], Some(("siem", Shape::Messages))),
            (&["siem", "ocsf-objects", "ecs"], None),
        ] {
            assert_eq!(missing_output(&state, given), missing, "{given:?}");
        }
        assert_eq!(missing_output(&State::default(), &["siem"]), None);
    }
}
