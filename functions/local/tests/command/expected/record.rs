//! The keys of one record.

use serde_json::{Map, Value, json};

use super::value::{first, kind, or, strings, text, time};

pub(super) fn record(
    alert: &Value,
    device: &Value,
    entity: &Value,
    user: Option<&Value>,
) -> Map<String, Value> {
    let file = if entity["fileDetails"].is_object() {
        &entity["fileDetails"]
    } else {
        &entity["imageFile"]
    };
    let account = [Some(&entity["userAccount"]), user].into_iter().flatten();
    let account = account
        .into_iter()
        .find(|account| !user_name(account).is_empty());
    let account = account.unwrap_or(&Value::Null);
    let dns_name = text(&device["deviceDnsName"]);
    let (label, domain) = dns_name.split_once('.').unwrap_or((dns_name, ""));
    let device_id = first(&[&device["mdeDeviceId"], &entity["mdeDeviceId"]]);
    let status = text(&entity["remediationStatus"]);
    // Two flags of the old record told of the antivirus alone.
    let is_antivirus = alert["detectionSource"] == "antivirus";
    let failed = ["unremediated", "declined", "partiallyRemediated", "active"];
    let failed = &failed[..if is_antivirus { 4 } else { 3 }];
    let is_process = kind(entity) == "processEvidence";
    let tags = strings(&device["tags"]).join(";");
    let json = json!({
        "AlertTime": time(&[&alert["createdDateTime"], &alert["firstActivityDateTime"], &alert["lastUpdateDateTime"]]),
        "ComputerDnsName": or(dns_name, or(text(&device["hostName"]), device_id)),
        "AlertTitle": text(&alert["title"]),
        "Category": text(&alert["category"]),
        "Severity": or(&capitalised(text(&alert["severity"])), "UnSpecified"),
        "AlertId": text(&alert["id"]),
        "Actor": text(&alert["actorDisplayName"]),
        "LinkToWDATP": text(&alert["alertWebUrl"]),
        "IocName": "", "IocValue": "", "CreatorIocName": "", "CreatorIocValue": "",
        "Sha1": text(&file["sha1"]).to_lowercase(),
        "FileName": text(&file["fileName"]),
        "FilePath": text(&file["filePath"]),
        "IpAddress": text(&entity["ipAddress"]),
        "Url": text(&entity["url"]),
        "IoaDefinitionId": text(&alert["detectorId"]),
        "UserName": user_name(account),
        "LastProcessedTimeUtc": time(&[&alert["lastActivityDateTime"], &alert["lastUpdateDateTime"]]),
        "ThreatCategory": strings(&alert["mitreTechniques"]).join(";"),
        "ThreatFamily": text(&alert["threatFamilyName"]),
        "ThreatName": text(&alert["threatDisplayName"]),
        "RemediationAction": if ["none", "unknown", "active", "notFound"].contains(&status) { "" } else { status },
        "RemediationIsSuccess": flag(status, &["remediated", "prevented", "blocked"], failed),
        "Source": source(text(&alert["detectionSource"])),
        "Md5": text(&file["md5"]),
        "Sha256": text(&file["sha256"]).to_lowercase(),
        "WasExecutingWhileDetected": if is_process && is_antivirus { flag(text(&entity["detectionStatus"]), &["detected", "blocked"], &["prevented"]) } else { None },
        "UserDomain": text(&account["domainName"]),
        "LogOnUsers": log_on_users(&device["loggedOnUsers"]),
        "MachineDomain": or(text(&device["dnsDomain"]), domain),
        "MachineName": or(text(&device["hostName"]), label),
        "InternalIPv4List": addresses(device, false),
        "InternalIPv6List": addresses(device, true),
        "FileHash": first(&[&file["sha1"], &file["sha256"]]).to_lowercase(),
        "DeviceID": device_id,
        "MachineGroup": text(&device["rbacGroupName"]),
        "Description": text(&alert["description"]),
        "DeviceCreatedMachineTags": tags, "CloudCreatedMachineTags": tags,
        "CommandLine": text(&entity["processCommandLine"]),
        "IncidentLinkToWDATP": text(&alert["incidentWebUrl"]),
        "LinkToMTP": text(&alert["alertWebUrl"]),
        "IncidentLinkToMTP": text(&alert["incidentWebUrl"]),
    });
    json.as_object().unwrap().clone()
}

/// What the user is called.
pub(super) fn user_name(account: &Value) -> &str {
    let name = text(&account["accountName"]);
    or(name, text(&account["userPrincipalName"]))
}

fn flag(status: &str, yes: &[&str], no: &[&str]) -> Option<bool> {
    if yes.contains(&status) {
        Some(true)
    } else {
        no.contains(&status).then_some(false)
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn source(graph: &str) -> String {
    match graph {
        "microsoftDefenderForEndpoint" => "EDR".into(),
        "customTi" => "Custom TI".into(),
        "customDetection" => "Custom detection".into(),
        "automatedInvestigation" => "Automated investigation".into(),
        other => capitalised(other),
    }
}

fn log_on_users(users: &Value) -> String {
    let users = users.as_array().into_iter().flatten();
    let users: Vec<String> = users
        .map(|user| match text(&user["domainName"]) {
            "" => text(&user["accountName"]).to_owned(),
            domain => format!("{domain}\\{}", text(&user["accountName"])),
        })
        .collect();
    users.join(";")
}

fn addresses(device: &Value, v6: bool) -> String {
    let mut addresses = strings(&device["ipInterfaces"]);
    let last = text(&device["lastIpAddress"]);
    if !last.is_empty() && !addresses.contains(&last) {
        addresses.push(last);
    }
    addresses.retain(|address| address.contains(':') == v6);
    addresses.join(";")
}
