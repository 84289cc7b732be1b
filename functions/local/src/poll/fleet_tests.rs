use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_config::Trust;
use drawbridge_http::{Body, HttpTransport, Transport, TransportError};
use drawbridge_simulator::{Alerts, Credential, Fault, Options, SimulatedTenant, Simulator};
use tokio::sync::watch;

use drawbridge_poll::{PollError, Report};

use super::*;

/// The poll of `b-well`, as it ended.
fn polled(result: Result<Report, JobFailure>, overdue: Option<Timestamp>) -> Polled {
    Polled {
        name: "b-well".to_owned(),
        is_settled: false,
        result,
        overdue,
        numbers: Numbers::default(),
    }
}
use crate::cli;
use crate::tenants::tenant_documents;

/// What a panic says, and nobody may read.
const MARKER: &str = "MARKER of the alerts";
const SECRET: &str = "the-client-s3cret";
const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
const WELL: &str = "11111111-1111-4111-8111-111111111111";
const ILL: &str = "33333333-3333-4333-8333-333333333333";

/// The network, where a bug strikes on the way to one tenant as long as it is not mended.
struct Buggy {
    network: HttpTransport,
    is_mended: Arc<AtomicBool>,
}

#[async_trait]
impl Transport for Buggy {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let is_ill = request.uri().path().contains(ILL);
        assert!(
            !is_ill || self.is_mended.load(Ordering::Relaxed),
            "{MARKER}"
        );
        self.network.send(request).await
    }
}

async fn simulator() -> Simulator {
    let alerts = || {
        let alert = format!(
            r#"[{{"id":"da1","serviceSource":"microsoftDefenderForEndpoint","severity":"high",
            "title":"{MARKER}","createdDateTime":"2021-05-02T14:19:01Z",
            "lastUpdateDateTime":"2021-05-02T14:19:01Z","evidence":[]}}]"#
        );
        Alerts::parse(alert.as_bytes()).unwrap()
    };
    let options = Options {
        tenant_id: WELL.into(),
        client_id: CLIENT.into(),
        client_secret: SECRET.into(),
        tenants: vec![SimulatedTenant {
            alerts: alerts(),
            ..SimulatedTenant::new(ILL, CLIENT, Credential::Secret(SECRET.into()))
        }],
        ..Options::default()
    };
    drawbridge_simulator::start(options, alerts())
        .await
        .unwrap()
}

fn write(folder: &Path, name: &str, tenant_id: &str) {
    let secret = folder.join("secrets").join(name);
    fs::create_dir_all(folder.join("secrets")).unwrap();
    fs::write(&secret, SECRET).unwrap();
    fs::create_dir_all(folder.join("tenants")).unwrap();
    let document = format!(
        "tenant_id = \"{tenant_id}\"\nclient_id = \"{CLIENT}\"\nsecret = \"file:{}\"\n\
         first_lookback_secs = 1000000000\n",
        secret.display(),
    );
    fs::write(folder.join(format!("tenants/{name}.toml")), document).unwrap();
}

/// One round: a poll of each tenant, to its end.
async fn round(fleet: &mut Fleet) {
    let found = tenant_documents(fleet.place.store.as_ref())
        .await
        .ok()
        .unwrap();
    fleet.begin(found).await;
    fleet.finish().await;
}

/// A fleet that polls `simulator`, where a bug strikes on the way to one until it is mended.
fn fleet(folder: &Path, simulator: &Simulator, is_mended: &Arc<AtomicBool>) -> Fleet {
    let place = DataLocation::folder(folder.to_owned());
    let services = Services {
        transport: Arc::new(Buggy {
            network: HttpTransport::new(),
            is_mended: Arc::clone(is_mended),
        }),
        trust: Trust::of_a_machine(
            |name| match name {
                "DRAWBRIDGE_LOGIN_URL" => Some(simulator.login_url().to_string()),
                "DRAWBRIDGE_GRAPH_URL" => Some(simulator.graph_url().to_string()),
                _ => None,
            },
            folder.join("secrets"),
        )
        .unwrap(),
        ..place.services().ok().unwrap()
    };
    let (_ask, asked) = watch::channel(false);
    Fleet::new(place, services, Stop::when(asked), false, false)
}

/// Whatever kept the first poll from being noted, the next one notes it; and then nobody takes the place.
#[tokio::test]
async fn a_first_poll_is_noted_by_the_first_that_can() {
    for in_the_way in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let simulator = simulator().await;
        write(folder.path(), "owner", ILL);
        let is_mended = Arc::new(AtomicBool::new(true));
        let mut fleet = fleet(folder.path(), &simulator, &is_mended);
        let note = folder.path().join("state/owner.ids.json");
        if in_the_way {
            fs::create_dir_all(&note).unwrap();
        } else {
            simulator.tenant(ILL).unwrap().inject(Fault::Throttle {
                retry_after_secs: Some(3600),
            });
        }
        round(&mut fleet).await;
        assert!(!note.is_file());
        if in_the_way {
            fs::remove_dir(&note).unwrap();
        }
        round(&mut fleet).await;
        assert!(note.is_file());

        write(folder.path(), "a-new", ILL);
        for _ in 0..4 {
            simulator.tenant(ILL).unwrap().inject(Fault::Status(403));
        }
        for _ in 0..2 {
            round(&mut fleet).await;
            let trouble = &fleet.troubles;
            assert!(fleet.so_far.failures.contains_key("owner"), "{trouble:?}");
            assert!(!fleet.tried.contains("a-new"));
        }
        simulator.stop().await;
    }
}

#[tokio::test]
async fn a_panic_ends_the_poll_of_its_tenant_alone_and_the_next_round_tries_again() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = simulator().await;
    write(folder.path(), "a-ill", ILL);
    write(folder.path(), "b-well", WELL);
    let is_mended = Arc::new(AtomicBool::new(false));
    let metrics = folder.path().join("metrics.prom");
    let fleet = fleet(folder.path(), &simulator, &is_mended);
    let mut fleet = fleet.with_metrics(Some(metrics.clone()));
    let records = |tenant: &str| {
        let file = folder.path().join(tenant).join("siem.ndjson");
        fs::read_to_string(file).unwrap().lines().count()
    };

    for _ in 0..2 {
        round(&mut fleet).await;
        assert_eq!((records("a-ill"), records("b-well")), (0, 1));
        assert_eq!(fleet.troubles.tenants().as_deref(), Some("a-ill was"));
        let trouble = fleet.troubles.of("a-ill").unwrap();
        assert!(trouble.contains("a bug") && !trouble.contains(MARKER));
    }
    // Its numbers are those of any poll that failed.
    let metrics = fs::read_to_string(metrics).unwrap();
    for sample in [
        "drawbridge_failures_total{tenant=\"a-ill\"} 2\n",
        "drawbridge_duration_seconds{tenant=\"a-ill\"} ",
    ] {
        assert!(metrics.contains(sample), "{metrics}");
    }
    is_mended.store(true, Ordering::Relaxed);
    round(&mut fleet).await;
    assert_eq!((records("a-ill"), records("b-well")), (1, 1));
    assert_eq!(fleet.troubles.tenants(), None);

    // Where there was no time for all of it, the next poll does not wait for the next round.
    let report = |more| Report {
        more,
        ..Report::default()
    };
    fleet.conclude(&polled(Ok(report(false)), None));
    assert!(fleet.so_far.under_way.is_empty());
    fleet.conclude(&polled(Ok(report(true)), None));
    assert!(fleet.so_far.under_way.contains("b-well"));
    fleet.next().await;
    assert!(fleet.so_far.under_way.is_empty());

    // Since when a tenant is in trouble is said once that is long ago.
    let since = Some(Timestamp::UNIX_EPOCH);
    let error = || Err(PollError::Circular.into());
    for (overdue, is_said) in [(None, false), (since, true)] {
        fleet.conclude(&polled(error(), overdue));
        let trouble = fleet.troubles.of("b-well").unwrap();
        assert_eq!(
            trouble.contains("no poll of this tenant has succeeded since 1970-01-01"),
            is_said
        );
    }
    simulator.stop().await;
}

/// As the administrator does.
async fn remove(folder: &Path, name: &str) {
    let args = cli::TenantsRemove {
        name: name.to_owned(),
        yes: true,
        json: false,
        place: cli::DataLocationArgs {
            stack: None,
            out: Some(folder.to_owned()),
            bucket: None,
        },
    };
    let command = cli::TenantsCommand::Remove(args);
    let removed = crate::tenants::run(cli::Tenants { command }).await;
    assert!(removed.is_ok());
}

/// A round of `owner`, the only one there is, during or after which it is removed.
async fn removed(is_during: bool) -> (tempfile::TempDir, Simulator, Fleet) {
    let folder = tempfile::tempdir().unwrap();
    let simulator = simulator().await;
    write(folder.path(), "owner", ILL);
    let mut fleet = fleet(folder.path(), &simulator, &Arc::new(AtomicBool::new(true)));
    let store = Arc::clone(&fleet.place.store);
    let found = tenant_documents(store.as_ref()).await.ok().unwrap();
    fleet.begin(found).await;
    if is_during {
        remove(folder.path(), "owner").await;
    }
    fleet.finish().await;
    if !is_during {
        remove(folder.path(), "owner").await;
    }
    assert!(fleet.tried.contains("owner"));
    (folder, simulator, fleet)
}

/// What it polled is noted nowhere, as if it had never been; but what it wrote is known.
#[tokio::test]
async fn a_tenant_that_is_removed_during_or_after_its_first_poll_keeps_no_place() {
    for is_during in [true, false] {
        let (folder, simulator, mut fleet) = removed(is_during).await;
        assert!(folder.path().join("state/owner.json").exists());
        write(folder.path(), "z-new", ILL);
        round(&mut fleet).await;
        assert!(fleet.tried.contains("z-new"));
        write(folder.path(), "owner", ILL);
        round(&mut fleet).await;
        let trouble = fleet.troubles.of("owner").unwrap();
        assert!(trouble.contains("\"z-new\" polled them first"), "{trouble}");
        simulator.stop().await;
    }
}

/// The fleet sees no difference, for it looks once a minute.
#[tokio::test]
async fn one_that_is_removed_and_added_again_between_two_rounds_has_a_place_again() {
    let (folder, simulator, mut fleet) = removed(false).await;
    write(folder.path(), "owner", ILL);
    round(&mut fleet).await;
    write(folder.path(), "a-new", ILL);
    round(&mut fleet).await;
    assert!(!fleet.tried.contains("a-new"));
    let trouble = fleet.troubles.of("a-new").unwrap();
    assert!(trouble.contains("\"owner\" polled them first"), "{trouble}");
    simulator.stop().await;
}
