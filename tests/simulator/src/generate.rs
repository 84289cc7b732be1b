use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::first_shown::first_shown;
use crate::properties::{EVIDENCE, properties};
use crate::random::Random;
use crate::times::{before, sensor_time, service_tick, service_time};
use crate::words::{
    CATEGORIES, FILES, FOLDERS, OTHER_PRODUCTS, SEVERITIES, SOURCES, TECHNIQUES, TITLES, USERS,
};

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

/// Evidence that makes a record of its own comes most often.
const USUAL: [&str; 6] = [
    "processEvidence",
    "fileEvidence",
    "ipEvidence",
    "urlEvidence",
    "userEvidence",
    "processEvidence",
];

/// A generated alert as JSON texts.
pub(crate) struct Generated {
    /// As it was shown first, if that was with less.
    pub(crate) first: Option<String>,
    /// As it is in the end.
    pub(crate) last: String,
}

/// The alerts, one after the other.
pub(crate) fn generate(options: &GenerateOptions) -> impl Iterator<Item = Generated> {
    let mut random = Random::new(options.seed);
    let options = options.clone();
    (0..options.count).map(move |n| {
        let mut scene = Scene::new(n, &options, &mut random);
        let last = scene.alert();
        let first = scene.shown_at(options.from);
        Generated {
            first: first.map(|at| first_shown(&last, &at.to_string(), scene.random).to_string()),
            last: last.to_string(),
        }
    })
}

/// What the parts of one alert agree on.
struct Scene<'r> {
    n: usize,
    random: &'r mut Random,
    created: Timestamp,
    updated: Timestamp,
    product: &'static str,
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
        let updated = service_time(options.from + offset, options.from, options.to);
        let product = match random.percent(85) {
            true => "microsoftDefenderForEndpoint",
            false => random.pick(&OTHER_PRODUCTS),
        };
        Self {
            n,
            created: service_tick(before(random, updated, 3600)),
            updated,
            product,
            devices,
            user: *random.pick(&USERS),
            random,
        }
    }

    /// When the alert was shown first, if that was with less than it has in the end; not before
    /// `from`.
    fn shown_at(&mut self, from: Timestamp) -> Option<Timestamp> {
        if !self.random.percent(25) {
            return None;
        }
        let earliest = from.max(self.created);
        let span = self.updated.duration_since(earliest).as_micros();
        let offset = self
            .random
            .below(u64::try_from(span).ok().filter(|&span| span > 0)?);
        let time = earliest + SignedDuration::from_micros(i64::try_from(offset).ok()?);
        let shown = service_time(time, earliest, self.updated);
        (shown < self.updated).then_some(shown)
    }

    fn alert(&mut self) -> Value {
        let tenant = "11111111-1111-4111-8111-111111111111";
        let id = format!("da{}_1", self.random.guid());
        let incident = 1000 + self.random.below(9000);
        let title = *self.random.pick(&TITLES);
        let mut alert = json!({
            "@odata.type": "#microsoft.graph.security.alert",
            "id": id,
            "providerAlertId": &id[2..],
            "incidentId": incident.to_string(),
            "status": self.random.pick(&["new", "inProgress", "resolved"]),
            "severity": self.random.pick(&SEVERITIES),
            "classification": null,
            "determination": null,
            "serviceSource": self.product,
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
            "createdDateTime": self.created.to_string(),
            "lastUpdateDateTime": self.updated.to_string(),
            "resolvedDateTime": null,
            "firstActivityDateTime": self.sensor_time(7200),
            "lastActivityDateTime": self.sensor_time(3700),
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
        if self.product == "microsoftDefenderForIdentity" {
            // It names a destination before it knows anything of it.
            evidence.push(device_of_nulls(&self.service_time(3600)));
        }
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
        device["lastIpAddress"] = json!("192.0.2.17");
        // Half of the devices of the samples have none.
        device["ipInterfaces"] = match self.random.percent(50) {
            true => json!([]),
            false => json!(["192.0.2.17", "fe80::17", "127.0.0.1", "::1"]),
        };
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
                object.insert("createdDateTime".into(), self.service_time(3600).into());
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
        if of == "userAccount" {
            self.forget_part_of(&mut object);
        }
        Value::Object(object)
    }

    /// A cloud's account has nothing but its principal name, a device's own has none.
    fn forget_part_of(&mut self, account: &mut Map<String, Value>) {
        let is_kept: fn(&str) -> bool = match self.random.below(3) {
            0 => |name| name == "userPrincipalName",
            1 => |name| !matches!(name, "userPrincipalName" | "azureAdUserId"),
            _ => return,
        };
        for (name, value) in account {
            if !is_kept(name) && !value.is_array() {
                *value = Value::Null;
            }
        }
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
            "time" => self.sensor_time(4000).into(),
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
            "userPrincipalName" | "upn" => format!("{}@example.com", self.user).into(),
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

    /// A time of the service's up to `within_secs` before the update, in Graph's spelling: without
    /// the zeros at the end of its fraction.
    fn service_time(&mut self, within_secs: u64) -> String {
        service_tick(before(self.random, self.updated, within_secs)).to_string()
    }

    /// A time of a sensor's, in the same spelling.
    fn sensor_time(&mut self, within_secs: u64) -> String {
        sensor_time(self.random, self.updated, within_secs).to_string()
    }
}

/// A device of which nothing is known but its role, as Defender for Identity sends it.
fn device_of_nulls(created: &str) -> Value {
    let mut device = json!({
        "@odata.type": "#microsoft.graph.security.deviceEvidence",
        "createdDateTime": created,
        "verdict": "unknown",
        "remediationStatus": "none",
        "remediationStatusDetails": null,
        "roles": ["destination"],
        "detailedRoles": [],
        "tags": [],
    });
    for (name, kind) in properties("deviceEvidence") {
        device[name] = if kind.ends_with('*') {
            json!([])
        } else {
            Value::Null
        };
    }
    device
}
