use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::first_shown::first_shown;
use crate::properties::{EVIDENCE, properties};
use crate::random::Random;
use crate::times::{before, service_tick, service_time};
use crate::words::{CATEGORIES, OTHER_PRODUCTS, SEVERITIES, SOURCES, TECHNIQUES, TITLES, USERS};

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
pub(crate) struct Scene<'r> {
    n: usize,
    pub(crate) random: &'r mut Random,
    created: Timestamp,
    pub(crate) updated: Timestamp,
    product: &'static str,
    /// Their ids and names.
    pub(crate) devices: Vec<(String, String)>,
    pub(crate) user: &'static str,
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
