//! Evidence that comes piece by piece: what Graph adds to an alert in later versions.

use serde_json::{Value, json};

use crate::random::Random;

/// The pieces, each with the version from which an alert shows it; none if it never does.
#[derive(Debug, Clone)]
pub(crate) struct Pieces {
    from: [Option<usize>; Piece::ALL.len()],
    /// Whether files and processes say on which device they are.
    names_device: bool,
    /// Shuffles the evidence of each version.
    order: Random,
}

/// What may come by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    DeviceId,
    DnsName,
    HostName,
    OtherDevice,
    NothingOfADevice,
    User,
    CloudUser,
    Mailbox,
    Process,
    ProcessUser,
    Address,
}

impl Piece {
    const ALL: [Self; 11] = [
        Self::DeviceId,
        Self::DnsName,
        Self::HostName,
        Self::OtherDevice,
        Self::NothingOfADevice,
        Self::User,
        Self::CloudUser,
        Self::Mailbox,
        Self::Process,
        Self::ProcessUser,
        Self::Address,
    ];
}

impl Pieces {
    /// Draws in which of `versions` versions each piece comes.
    pub(crate) fn draw(mut random: Random, versions: usize) -> Self {
        let from = Piece::ALL.map(|_| {
            let comes = random.percent(60);
            let version = random.index(versions);
            comes.then_some(version)
        });
        Self {
            from,
            names_device: random.percent(50),
            order: random,
        }
    }

    /// The evidence of a version with these files.
    pub(crate) fn evidence(&mut self, version: usize, files: &[u32]) -> Vec<Value> {
        let has = |piece: Piece| {
            let from = self.from[piece as usize];
            from.is_some_and(|from| from <= version)
        };
        let device = self.names_device.then_some("d1");
        let of = |kind: &str, mut value: Value| {
            value["@odata.type"] = format!("#microsoft.graph.security.{kind}Evidence").into();
            value
        };
        let user = |account: Value| of("user", json!({ "userAccount": account }));
        let mut evidence = Vec::new();
        if has(Piece::DeviceId) || has(Piece::DnsName) || has(Piece::HostName) {
            let id = has(Piece::DeviceId).then_some("d1");
            let dns_name = has(Piece::DnsName).then_some("host.example.com");
            let host_name = has(Piece::HostName).then_some("HOST");
            let names =
                json!({"mdeDeviceId": id, "deviceDnsName": dns_name, "hostName": host_name});
            evidence.push(of("device", names));
        }
        if has(Piece::OtherDevice) {
            let other = json!({"mdeDeviceId": "d2", "hostName": "other", "detailedRoles": ["PrimaryDevice"]});
            evidence.push(of("device", other));
        }
        if has(Piece::NothingOfADevice) {
            evidence.push(of("device", json!({"mdeDeviceId": null, "hostName": null})));
        }
        if has(Piece::User) {
            evidence.push(user(json!({"accountName": "ana", "domainName": "CORP"})));
        }
        if has(Piece::CloudUser) {
            evidence.push(user(json!({"userPrincipalName": "ben@example.com"})));
        }
        if has(Piece::Mailbox) {
            let mailbox = json!({"primaryAddress": "cy@example.com"});
            evidence.push(of("mailbox", mailbox));
        }
        if has(Piece::Process) {
            let account = json!({"accountName": "svc", "domainName": "CORP"});
            let process = json!({
                "mdeDeviceId": device, "processId": 7, "processCommandLine": "run",
                "processCreationDateTime": "2026-03-01T12:00:00Z",
                "userAccount": has(Piece::ProcessUser).then_some(account),
            });
            evidence.push(of("process", process));
        }
        if has(Piece::Address) {
            evidence.push(of("ip", json!({"ipAddress": "192.0.2.7"})));
        }
        for file in files {
            let details = json!({"fileName": format!("f{file}.exe"), "filePath": "C:\\x"});
            evidence.push(of(
                "file",
                json!({"mdeDeviceId": device, "fileDetails": details}),
            ));
        }
        for n in (1..evidence.len()).rev() {
            evidence.swap(n, self.order.index(n + 1));
        }
        evidence
    }
}
