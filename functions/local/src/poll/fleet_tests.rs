use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_config::Trust;
use drawbridge_http::{Body, HttpTransport, Transport, TransportError};
use drawbridge_simulator::{Alerts, Credential, Options, SimulatedTenant, Simulator};
use tokio::sync::watch;

use drawbridge_poll::PollError;

use super::*;

/// The poll of `b-well`, as it ended.
fn polled(result: Result<Report, Ended>, overdue: Option<Timestamp>) -> Polled {
    Polled {
        name: "b-well".to_owned(),
        result,
        overdue,
        numbers: Numbers::default(),
    }
}
use crate::tenants::tenant_documents;

/// What a panic says, and nobody may read.
const MARKER: &str = "MARKER of the alerts";
const SECRET: &str = "the-client-secret";
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

#[tokio::test]
async fn a_panic_ends_the_poll_of_its_tenant_alone_and_the_next_round_tries_again() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = simulator().await;
    write(folder.path(), "a-ill", ILL);
    write(folder.path(), "b-well", WELL);
    let place = DataLocation::folder(folder.path().to_owned());
    let is_mended = Arc::new(AtomicBool::new(false));
    let services = Services {
        transport: Arc::new(Buggy {
            network: HttpTransport::new(),
            is_mended: Arc::clone(&is_mended),
        }),
        trust: Trust::of_a_machine(
            |name| match name {
                "DRAWBRIDGE_LOGIN_URL" => Some(simulator.login_url().to_string()),
                "DRAWBRIDGE_GRAPH_URL" => Some(simulator.graph_url().to_string()),
                _ => None,
            },
            folder.path().join("secrets"),
        )
        .unwrap(),
        ..place.services().ok().unwrap()
    };
    let (_ask, asked) = watch::channel(false);
    let mut fleet = Fleet::new(place, services, Stop::when(asked), false, false);
    let records = |tenant: &str| {
        let file = folder.path().join(tenant).join("siem.ndjson");
        fs::read_to_string(file).unwrap().lines().count()
    };

    for _ in 0..2 {
        round(&mut fleet).await;
        assert_eq!((records("a-ill"), records("b-well")), (0, 1));
        assert_eq!(fleet.trouble.keys().collect::<Vec<_>>(), ["a-ill"]);
        let trouble = &fleet.trouble["a-ill"];
        assert!(trouble.contains("a bug") && !trouble.contains(MARKER));
    }
    is_mended.store(true, Ordering::Relaxed);
    round(&mut fleet).await;
    assert_eq!((records("a-ill"), records("b-well")), (1, 1));
    assert!(fleet.trouble.is_empty());

    // Where there was no time for all of it, the next poll does not wait for the next round.
    let report = |more| Report {
        more,
        ..Report::default()
    };
    fleet.ended(polled(Ok(report(false)), None));
    assert!(fleet.so_far.under_way.is_empty());
    fleet.ended(polled(Ok(report(true)), None));
    assert!(fleet.so_far.under_way.contains("b-well"));
    fleet.next().await;
    assert!(fleet.so_far.under_way.is_empty());

    // Since when a tenant is in trouble is said once that is long ago.
    let since = Some(Timestamp::UNIX_EPOCH);
    let error = || Err(Ended::Failed(PollError::Circular.into()));
    for (overdue, is_said) in [(None, false), (since, true)] {
        fleet.ended(polled(error(), overdue));
        let trouble = &fleet.trouble["b-well"];
        assert_eq!(trouble.contains("ended well since 1970-01-01"), is_said);
    }
    simulator.stop().await;
}
