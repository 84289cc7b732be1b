use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::properties::{EVIDENCE, properties};
use crate::random::Random;

/// Which alerts to generate; the same options give the same alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateOptions {
    /// How many.
    pub count: usize,
    /// What chance starts from.
    pub seed: u64,
    /// The earliest `lastUpdateDateTime`.
    pub from: Timestamp,
    /// The instant that every `lastUpdateDateTime` lies before.
    pub to: Timestamp,
}

/// How deep evidence is nested in evidence.
const DEPTH: usize = 2;

const TITLES: [&str; 6] = [
    "Unsigned file started by a script host",
    "Credential store read by an unusual process",
    "Connection to a rare address after hours",
    "Persistence set through a scheduled task",
    "Archive of documents made before an upload",
    "Tamper attempt on the sensor — réseau isolé",
];
const CATEGORIES: [&str; 5] = [
    "Execution",
    "CredentialAccess",
    "CommandAndControl",
    "Persistence",
    "Exfiltration",
];
const TECHNIQUES: [&str; 5] = ["T1059.001", "T1003", "T1071.001", "T1053.005", "T1560"];
const SEVERITIES: [&str; 5] = ["informational", "low", "medium", "high", "futureSeverity"];
const SOURCES: [&str; 6] = [
    "microsoftDefenderForEndpoint",
    "antivirus",
    "smartScreen",
    "customDetection",
    "customTi",
    "sensorOfTomorrow",
];
const OTHER_PRODUCTS: [&str; 4] = [
    "microsoftDefenderForOffice365",
    "microsoftDefenderForIdentity",
    "azureAdIdentityProtection",
    "microsoftDefenderForCloud",
];
const USERS: [&str; 5] = ["avery", "björn", "chioma", "dmitri", "emi"];
const FILES: [&str; 5] = [
    "agent-update.exe",
    "invoice.js",
    "sync helper.dll",
    "報告書.docm",
    "run.ps1",
];
const FOLDERS: [&str; 3] = [
    "C:\\ProgramData\\Sync",
    "C:\\Users\\Public",
    "/opt/sync/bin",
];
/// Evidence that makes a record of its own comes most often.
const USUAL: [&str; 6] = [
    "processEvidence",
    "fileEvidence",
    "ipEvidence",
    "urlEvidence",
    "userEvidence",
    "processEvidence",
];

/// The alerts, one after the other, as JSON texts.
pub(crate) fn generate(options: &GenerateOptions) -> impl Iterator<Item = String> {
    let mut random = Random::new(options.seed);
    let options = options.clone();
    (0..options.count).map(move |n| Scene::new(n, &options, &mut random).alert().to_string())
}

/// What the parts of one alert agree on.
struct Scene<'r> {
    n: usize,
    random: &'r mut Random,
    updated: Timestamp,
    devices: Vec<(String, String)>,
    user: &'static str,
}

impl<'r> Scene<'r> {
    fn new(n: usize, options: &GenerateOptions, random: &'r mut Random) -> Self {
        let span = options.to.duration_since(options.from).as_micros().max(1);
        let span = u64::try_from(span).unwrap_or(u64::MAX);
        let mut micros = random.below(span);
        if random.percent(20) {
            // Many alerts share an instant, as they do after a bulk update.
            micros -= micros % (span / 50).max(1);
        }
        let offset = SignedDuration::from_micros(i64::try_from(micros).unwrap_or(0));
        let devices = (0..1 + random.below(2))
            .map(|_| (random.hex(40), format!("ws-{:04}", random.below(10_000))))
            .collect();
        let user = random.pick(&USERS);
        Self {
            n,
            updated: options.from + offset,
            devices,
            user,
            random,
        }
    }

    fn alert(&mut self) -> Value {
        let tenant = "11111111-1111-4111-8111-111111111111";
        let id = format!("da{}_1", self.random.guid());
        let incident = 1000 + self.random.below(9000);
        let title = *self.random.pick(&TITLES);
        let product = match self.random.percent(85) {
            true => "microsoftDefenderForEndpoint",
            false => self.random.pick(&OTHER_PRODUCTS),
        };
        let mut alert = json!({
            "@odata.type": "#microsoft.graph.security.alert",
            "id": id,
            "providerAlertId": &id[2..],
            "incidentId": incident.to_string(),
            "status": self.random.pick(&["new", "inProgress", "resolved"]),
            "severity": self.random.pick(&SEVERITIES),
            "classification": null,
            "determination": null,
            "serviceSource": product,
            "detectionSource": self.random.pick(&SOURCES),
            "detectorId": self.random.guid(),
            "tenantId": tenant,
            "title": title,
            "description": format!("{title}. ").repeat(4),
            "recommendedActions": "Look at the device's timeline.\nIsolate it if this goes on.\n".repeat(12),
            "category": self.random.pick(&CATEGORIES),
            "assignedTo": null,
            "alertWebUrl": format!("https://security.microsoft.com/alerts/{id}?tid={tenant}"),
            "incidentWebUrl": format!("https://security.microsoft.com/incident2/{incident}/overview?tid={tenant}"),
            "actorDisplayName": null,
            "threatDisplayName": if self.random.percent(20) { json!("Trojan:Script/Invented.A") } else { Value::Null },
            "threatFamilyName": if self.random.percent(20) { json!("Invented") } else { Value::Null },
            "mitreTechniques": [self.random.pick(&TECHNIQUES), self.random.pick(&TECHNIQUES)],
            "createdDateTime": self.time(3600),
            "lastUpdateDateTime": tick_text(self.updated),
            "resolvedDateTime": null,
            "firstActivityDateTime": self.time(7200),
            "lastActivityDateTime": self.time(3700),
            "comments": [],
            "systemTags": [],
            "evidence": self.evidence(),
        });
        if self.random.percent(10) {
            alert["propertyOfTomorrow"] = json!({"nested": [1, 2.5, null]});
        }
        alert
    }

    fn evidence(&mut self) -> Vec<Value> {
        let mut evidence = Vec::new();
        if !self.random.percent(3) {
            for device in 0..self.devices.len() {
                evidence.push(self.device(device));
            }
        }
        for _ in 0..1 + self.random.below(4) {
            let kind = *self.random.pick(&USUAL);
            evidence.push(self.object(kind, 0));
        }
        // Every type comes round, one alert after the other.
        if self.n.is_multiple_of(4) {
            evidence.push(self.object(EVIDENCE[self.n / 4 % EVIDENCE.len()].0, 0));
        }
        if self.random.percent(2) {
            evidence.push(
                json!({"@odata.type": "#microsoft.graph.security.evidenceOfTomorrow", "x": 1}),
            );
        }
        evidence
    }

    fn device(&mut self, index: usize) -> Value {
        let mut device = self.object("deviceEvidence", 0);
        let (id, host) = &self.devices[index];
        device["mdeDeviceId"] = json!(id);
        device["hostName"] = json!(host);
        device["deviceDnsName"] = json!(format!("{host}.corp.example.com"));
        device["ipInterfaces"] = json!(["192.0.2.17", "fe80::17", "127.0.0.1", "::1"]);
        device["detailedRoles"] = match index {
            0 => json!([self.random.pick(&["PrimaryDevice", "Main device"])]),
            _ => json!([]),
        };
        device
    }

    /// Evidence or an object of one type, every property filled by its kind.
    fn object(&mut self, of: &'static str, depth: usize) -> Value {
        let mut object = Map::new();
        if of.ends_with("Evidence") {
            if depth == 0 {
                let kind = format!("#microsoft.graph.security.{of}");
                object.insert("@odata.type".into(), kind.into());
                object.insert("createdDateTime".into(), self.time(3600).into());
            } else {
                // What is nested carries no type, and a placeholder for the time.
                object.insert("createdDateTime".into(), "0001-01-01T00:00:00Z".into());
            }
            object.insert(
                "verdict".into(),
                json!(self.random.pick(&["suspicious", "malicious", "unknown"])),
            );
            let status = [
                "none",
                "active",
                "remediated",
                "prevented",
                "blocked",
                "notFound",
            ];
            object.insert("remediationStatus".into(), json!(self.random.pick(&status)));
            object.insert("remediationStatusDetails".into(), Value::Null);
            object.insert("roles".into(), json!([]));
            object.insert("detailedRoles".into(), json!([]));
            object.insert(
                "tags".into(),
                json!(if self.random.percent(20) {
                    vec!["pilot"]
                } else {
                    vec![]
                }),
            );
        }
        for (name, kind) in properties(of) {
            let value = self.property(of, name, kind, depth);
            // What Graph has no value for, it sends as null; what it did not know yet, not at all.
            if !(value.is_null() && self.random.percent(30)) {
                object.insert(name.into(), value);
            }
        }
        Value::Object(object)
    }

    fn property(
        &mut self,
        of: &str,
        name: &'static str,
        kind: &'static str,
        depth: usize,
    ) -> Value {
        let (one, list) = match kind.strip_suffix('*') {
            Some(one) => (one, true),
            None => (kind, false),
        };
        let nested = one.starts_with('@');
        if nested && depth >= DEPTH {
            return if list { json!([]) } else { Value::Null };
        }
        if list {
            let count = if nested { 1 } else { self.random.below(3) };
            return (0..count).map(|_| self.one(of, name, one, depth)).collect();
        }
        self.one(of, name, one, depth)
    }

    fn one(&mut self, of: &str, name: &'static str, kind: &'static str, depth: usize) -> Value {
        match kind {
            "text" => self.text(of, name),
            "time" => self.time(4000).into(),
            "int" => self.random.below(100_000).into(),
            "real" => json!(48.25),
            "flag" => self.random.percent(50).into(),
            "guid" => self.random.guid().into(),
            "any" => json!({"app": "web", "tier": 1}),
            _ => match kind.split_at(1) {
                ("=", members) => {
                    let members: Vec<&str> = members.split('|').collect();
                    json!(self.random.pick(&members))
                }
                (_, of) => self.object(of, depth + 1),
            },
        }
    }

    fn text(&mut self, of: &str, name: &str) -> Value {
        match name {
            "sha1" => self.random.hex(40).into(),
            "sha256" => self.random.hex(64).into(),
            "md5" if self.random.percent(50) => self.random.hex(32).into(),
            "fileName" => json!(self.random.pick(&FILES)),
            "filePath" => json!(self.random.pick(&FOLDERS)),
            "mdeDeviceId" => self.random.pick(&self.devices.clone()).0.clone().into(),
            "ipAddress" | "senderIp" | "senderIP" | "lastIpAddress" | "lastExternalIpAddress" => {
                format!("198.51.100.{}", self.random.below(255)).into()
            }
            "url" | "webUrl" => {
                format!("https://site-{}.example.net/a?b=c", self.random.below(500)).into()
            }
            "accountName" => self.user.into(),
            "domainName" if of != "dnsEvidence" => "EXAMPLE".into(),
            "processCommandLine" => {
                let file = self.random.pick(&FILES);
                format!(
                    "\"C:\\ProgramData\\Sync\\{file}\" --mode \"quiet\"\t/log:{}",
                    self.random.hex(8)
                )
                .into()
            }
            "rbacGroupName" => json!(self.random.pick(&["Workstations", "Servers"])),
            "dnsDomain" => "corp.example.com".into(),
            "md5" | "signer" | "issuer" | "sha256Ac" | "ntDomain" => Value::Null,
            _ => format!("{name} {}", self.random.below(1000)).into(),
        }
    }

    /// A time up to `within_secs` before the update, in Graph's spelling.
    fn time(&mut self, within_secs: u64) -> String {
        let before = i64::try_from(self.random.below(within_secs * 1_000_000)).unwrap_or(0);
        tick_text(self.updated - SignedDuration::from_micros(before))
    }
}

/// A time as Graph writes it: up to seven fractional digits, without zeros at their end.
fn tick_text(time: Timestamp) -> String {
    time.to_string()
}
