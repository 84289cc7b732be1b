use serde_json::{Value, json};

use crate::random::Random;

/// What an alert may lack when it is shown first.
const LACKS: [fn(&mut Vec<Value>); 4] = [
    |evidence| forget(evidence, &["mdeDeviceId", "azureAdDeviceId"]),
    |evidence| forget(evidence, &["hostName", "deviceDnsName", "dnsDomain"]),
    |evidence| evidence.retain(|one| kind(one) != "userEvidence"),
    |evidence| evidence.truncate(1),
];

/// An alert as it was shown at `time`, when not all of its evidence was known.
pub(crate) fn first_shown(last: &Value, time: &str, random: &mut Random) -> Value {
    let mut first = last.clone();
    first["lastUpdateDateTime"] = json!(time);
    first["status"] = json!("new");
    let choices = 1 + random.below((1 << LACKS.len()) - 1);
    if let Some(evidence) = first["evidence"].as_array_mut() {
        for (n, lack) in LACKS.iter().enumerate() {
            if choices >> n & 1 == 1 {
                lack(evidence);
            }
        }
    }
    first
}

/// Takes the values of those properties from every piece of evidence.
fn forget(evidence: &mut [Value], names: &[&str]) {
    for name in names {
        for one in evidence.iter_mut() {
            if let Some(value) = one.get_mut(name) {
                *value = Value::Null;
            }
        }
    }
}

/// The last part of the name of its type.
fn kind(evidence: &Value) -> &str {
    let kind = evidence["@odata.type"].as_str().unwrap_or_default();
    kind.rsplit('.').next().unwrap_or_default()
}
