//! The values of a generated alert's properties.

use serde_json::{Map, Value, json};

use crate::generate::Scene;
use crate::properties::properties;
use crate::times::{before, sensor_time, service_tick};
use crate::words::{FILES, FOLDERS};

/// How deep evidence is nested in evidence.
const DEPTH: usize = 2;

impl Scene<'_> {
    /// Evidence or an object of one type, every property filled by its kind.
    pub(crate) fn object(&mut self, of: &'static str, depth: usize) -> Value {
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
    pub(crate) fn service_time(&mut self, within_secs: u64) -> String {
        service_tick(before(self.random, self.updated, within_secs)).to_string()
    }

    /// A time of a sensor's, in the same spelling.
    pub(crate) fn sensor_time(&mut self, within_secs: u64) -> String {
        sensor_time(self.random, self.updated, within_secs).to_string()
    }
}
