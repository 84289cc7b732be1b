//! Records as the retired API gave them, made up here, and the alerts of Graph that go with them.

use drawbridge_compare::{Comparison, KeyReport, ReadError, Report, Verdict, Which};
use serde_json::{Value, json};

/// Detection `n` of the old API.
pub(crate) fn old(n: u64) -> Value {
    let id = format!("da63740000000{n:07}_-{n}");
    json!({
        "AlertTime": "2023-04-05T06:07:08.12345Z",
        "ComputerDnsName": format!("ws-{n}.corp.example.com"),
        "AlertTitle": "A tool read the passwords of the browser",
        "Category": "CredentialAccess",
        "Severity": "High",
        "AlertId": id,
        "Actor": "",
        "LinkToWDATP": format!("https://securitycenter.windows.com/alert/{id}"),
        "IocName": "", "IocValue": "", "CreatorIocName": "", "CreatorIocValue": "",
        "Sha1": format!("{n:040x}"),
        "FileName": "reader.exe",
        "FilePath": "C:\\Tools",
        "IpAddress": "", "Url": "",
        "IoaDefinitionId": "11111111-2222-3333-4444-555555555555",
        "UserName": "liz",
        "AlertPart": 0,
        "FullId": format!("{id}:{n:0>43}="),
        "LastProcessedTimeUtc": "2023-04-05T06:20:00.7654321Z",
        "ThreatCategory": "", "ThreatFamily": "", "ThreatName": "",
        "RemediationAction": "",
        "RemediationIsSuccess": null,
        "Source": "EDR",
        "Md5": "", "Sha256": "",
        "WasExecutingWhileDetected": null,
        "UserDomain": "CORP",
        "LogOnUsers": "CORP\\liz; CORP\\max",
        "MachineDomain": "corp.example.com",
        "MachineName": format!("ws-{n}"),
        "InternalIPv4List": "192.0.2.7;127.0.0.1", "InternalIPv6List": "",
        "FileHash": format!("{n:040x}"),
        "DeviceID": format!("{n:0>40}"),
        "MachineGroup": "",
        "Description": "A tool read the passwords of the browser.\r\nLook at it.",
        "DeviceCreatedMachineTags": "", "CloudCreatedMachineTags": "",
        "CommandLine": "",
        "IncidentLinkToWDATP": "", "ReportID": 1000 + n, "LinkToMTP": "", "IncidentLinkToMTP": "",
        "ExternalId": format!("{n:0>40}"),
        "IocUniqueId": format!("{n:0>43}="),
    })
}

/// The same detection as an alert of Graph.
pub(crate) fn alert(n: u64) -> Value {
    let old = old(n);
    json!({
        "id": old["AlertId"],
        "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": "microsoftDefenderForEndpoint",
        "detectorId": old["IoaDefinitionId"],
        "title": old["AlertTitle"],
        "description": "A tool read the passwords of the browser.\nLook at it.",
        "category": "CredentialAccess",
        "severity": "high",
        "createdDateTime": old["AlertTime"],
        "lastUpdateDateTime": "2023-04-05T07:00:00Z",
        "lastActivityDateTime": "2023-04-05T06:07:08.12345Z",
        "mitreTechniques": ["T1555.003"],
        "evidence": [
            {
                "@odata.type": "#microsoft.graph.security.deviceEvidence",
                "mdeDeviceId": old["DeviceID"],
                "deviceDnsName": old["ComputerDnsName"],
                "ipInterfaces": ["192.0.2.7", "127.0.0.1"],
                "loggedOnUsers": [
                    {"accountName": "liz", "domainName": "CORP"},
                    {"accountName": "max", "domainName": "CORP"},
                ],
            },
            {
                "@odata.type": "#microsoft.graph.security.fileEvidence",
                "mdeDeviceId": old["DeviceID"],
                "fileDetails": {
                    "sha1": old["Sha1"], "md5": format!("{n:032x}"),
                    "fileName": "Reader.exe", "filePath": "C:\\Tools",
                },
            },
            {
                "@odata.type": "#microsoft.graph.security.userEvidence",
                "userAccount": {"accountName": "liz", "domainName": "CORP"},
            },
        ],
    })
}

pub(crate) fn lines(values: &[Value]) -> String {
    let lines = values.iter().map(|value| format!("{value}\n"));
    lines.collect()
}

pub(crate) fn compare(old: &[u8], new: &[u8]) -> Report {
    try_compare(old, new).unwrap()
}

pub(crate) fn try_compare(old: &[u8], new: &[u8]) -> Result<Report, ReadError> {
    let mut comparison = Comparison::default();
    comparison.read(Which::Old, "old.json", old)?;
    comparison.read(Which::New, "new.json", new)?;
    Ok(comparison.report().unwrap())
}

pub(crate) fn key<'r>(report: &'r Report, name: &str) -> &'r KeyReport {
    report.keys.iter().find(|key| key.key == name).unwrap()
}

/// The keys of which the verdict is this one.
pub(crate) fn with(report: &Report, verdict: Verdict) -> Vec<&'static str> {
    let keys = report.keys.iter().filter(|key| key.verdict == verdict);
    keys.map(|key| key.key).collect()
}
