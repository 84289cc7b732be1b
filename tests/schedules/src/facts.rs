//! What a SIEM joins on: what an alert shows of it, and what a record does.

use std::collections::BTreeSet;

use drawbridge_alert::without_lone_surrogates;
use serde_json::Value;

/// A device's id, a device's name or a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    DeviceId(String),
    /// Of the device with that id, if it has one.
    DeviceName(String, String),
    User(String, String),
}

/// The facts of an alert as Graph sends it.
pub(crate) fn of_alert(json: &str) -> BTreeSet<Fact> {
    let json = without_lone_surrogates(json);
    let alert: Value = serde_json::from_str(&json).unwrap_or_default();
    let mut facts = BTreeSet::new();
    for evidence in alert["evidence"].as_array().into_iter().flatten() {
        let text = |path: &str| text(evidence.pointer(path));
        facts.extend(text("/mdeDeviceId").map(Fact::DeviceId));
        let names = text("/deviceDnsName").into_iter().chain(text("/hostName"));
        let id = text("/mdeDeviceId").unwrap_or_default();
        facts.extend(names.map(|name| Fact::DeviceName(id.clone(), name)));
        let name = text("/userAccount/accountName")
            .or(text("/userAccount/userPrincipalName"))
            .or(text("/primaryAddress"));
        let domain = text("/userAccount/domainName").unwrap_or_default();
        facts.extend(name.map(|name| Fact::User(name, domain)));
    }
    facts
}

/// The facts of a record.
pub(crate) fn of_record(body: &str) -> BTreeSet<Fact> {
    let record: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |key: &str| text(record.get(key));
    let mut facts = BTreeSet::new();
    facts.extend(text("DeviceID").map(Fact::DeviceId));
    let names = text("ComputerDnsName")
        .into_iter()
        .chain(text("MachineName"));
    let id = text("DeviceID").unwrap_or_default();
    facts.extend(names.map(|name| Fact::DeviceName(id.clone(), name)));
    let domain = text("UserDomain").unwrap_or_default();
    facts.extend(text("UserName").map(|name| Fact::User(name, domain)));
    facts
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
