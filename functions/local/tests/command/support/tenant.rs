//! A simulated tenant, and the command that polls it.

use std::path::Path;
use std::process::Command;

use drawbridge_simulator::{Alerts, Credential, Options, SimulatedTenant, Simulator, Stats};
use tokio::runtime::Runtime;
use url::Url;

use super::command::drawbridge;
use super::folder::Folder;

/// The tenant's client secret; it must never show.
pub(crate) const SECRET: &str = "MARKER~the-client-secret";
pub(crate) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
/// A second tenant of the simulator's, if it has one.
pub(crate) const OTHER: &str = "33333333-3333-4333-8333-333333333333";
pub(crate) const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
/// Before every alert of these tests.
pub(crate) const SINCE: &str = "2020-01-01T00:00:00Z";

/// A running simulator.
pub(crate) struct Tenant {
    // Dropped first: it lives in the runtime.
    pub(crate) simulator: Simulator,
    _runtime: Runtime,
}

impl Tenant {
    pub(crate) fn new(alerts: &str) -> Self {
        Self::with(Options::default(), alerts)
    }

    /// A simulator with a second tenant, [`OTHER`], which is changed by `change`.
    pub(crate) fn beside(
        alerts: &str,
        others: &str,
        change: impl FnOnce(&mut SimulatedTenant),
    ) -> Self {
        let mut other = SimulatedTenant {
            alerts: Alerts::parse(others.as_bytes()).unwrap(),
            ..SimulatedTenant::new(OTHER, CLIENT, Credential::Secret(SECRET.into()))
        };
        change(&mut other);
        let options = Options {
            tenants: vec![other],
            ..Options::default()
        };
        Self::with(options, alerts)
    }

    /// How often one of the simulator's tenants was asked for what.
    pub(crate) fn asked(&self, tenant_id: &str) -> Stats {
        self.simulator.tenant(tenant_id).unwrap().stats()
    }

    pub(crate) fn with(options: Options, alerts: &str) -> Self {
        Self::of(options, Alerts::parse(alerts.as_bytes()).unwrap())
    }

    pub(crate) fn of(mut options: Options, alerts: Alerts) -> Self {
        options.tenant_id = TENANT.into();
        options.client_id = CLIENT.into();
        options.client_secret = SECRET.into();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let simulator = runtime
            .block_on(drawbridge_simulator::start(options, alerts))
            .unwrap();
        Self {
            simulator,
            _runtime: runtime,
        }
    }

    /// `drawbridge poll --once` of this tenant into `folder`, with the right secret.
    pub(crate) fn poll(&self, folder: &Folder) -> Command {
        self.poll_as(TENANT, CLIENT, folder.path())
    }

    /// The same with ids of its own, into any path.
    pub(crate) fn poll_as(&self, tenant_id: &str, client_id: &str, out: &Path) -> Command {
        let mut command = self.command(tenant_id, client_id, out);
        command.args(["--once", "--since", SINCE]);
        command
    }

    /// `drawbridge poll` from another time on, with further arguments.
    pub(crate) fn poll_since(&self, since: &str, args: &[&str], folder: &Folder) -> Command {
        let mut command = self.command(TENANT, CLIENT, folder.path());
        command.args(["--since", since]).args(args);
        command
    }

    /// `drawbridge poll` with another sign-in host.
    pub(crate) fn poll_at(&self, login: &Url, folder: &Folder) -> Command {
        let mut command = self.command_at(login, TENANT, CLIENT, folder.path());
        command.args(["--since", SINCE]);
        command
    }

    fn command(&self, tenant_id: &str, client_id: &str, out: &Path) -> Command {
        self.command_at(&self.simulator.login_url(), tenant_id, client_id, out)
    }

    fn command_at(&self, login: &Url, tenant_id: &str, client_id: &str, out: &Path) -> Command {
        let graph = self.simulator.graph_url();
        let mut command = drawbridge(&["poll", "--tenant-id", tenant_id, "--client-id", client_id]);
        command
            .arg("--out")
            .arg(out)
            .env("DRAWBRIDGE_LOGIN_URL", login.as_str())
            .env("DRAWBRIDGE_GRAPH_URL", graph.as_str())
            .env("DRAWBRIDGE_CLIENT_SECRET", SECRET);
        command
    }

    /// Waits until the simulator was asked what `enough` asks for.
    pub(crate) fn until(&self, enough: impl Fn(Stats) -> bool) {
        super::until(|| enough(self.simulator.stats()));
    }
}
