use std::hint::black_box;
use std::time::{Duration, Instant};

use drawbridge_alert::Alert;
use drawbridge_record::{Format, formats, records};

use crate::row;

const RUN: Duration = Duration::from_secs(3);

/// Decodes and maps alerts of 5 KB with four pieces of evidence, on one core.
pub(crate) fn run() {
    let alerts: Vec<String> = (0..64).map(alert).collect();
    let decoded: Vec<Alert<'_>> = alerts
        .iter()
        .map(|json| Alert::decode(json).unwrap())
        .collect();
    let bytes = alerts.iter().map(String::len).sum::<usize>() / alerts.len();
    let (mut records, mut record_bytes) = (0usize, 0usize);
    let [default, others @ ..] = formats() else {
        return;
    };
    map(*default, &decoded[0], &mut |body| {
        records += 1;
        record_bytes += body.len();
    });
    row(
        "alert",
        &format!(
            "{bytes} bytes, 4 pieces of evidence, {records} records of {} bytes",
            record_bytes / records
        ),
    );

    let map_rate = rate(|n| {
        map(*default, &decoded[n % 64], &mut |body| {
            black_box(body);
        });
    });
    row(
        "map and serialise, alerts/s per core",
        &format!("{map_rate:.0}"),
    );
    for format in others {
        let mut records = 0usize;
        map(*format, &decoded[0], &mut |_| records += 1);
        let rate = rate(|n| {
            map(*format, &decoded[n % 64], &mut |body| {
                black_box(body);
            });
        });
        row(
            &format!("the same to {}, records/s per core", format.name()),
            &format!("{:.0}", rate * records as f64),
        );
    }
    let decode_rate = rate(|n| {
        black_box(Alert::decode(&alerts[n % 64]).unwrap());
    });
    row("decode, alerts/s per core", &format!("{decode_rate:.0}"));
    let both = rate(|n| {
        map(
            *default,
            &Alert::decode(&alerts[n % 64]).unwrap(),
            &mut |body| {
                black_box(body);
            },
        );
    });
    row(
        "decode, map and serialise, alerts/s per core",
        &format!("{both:.0}"),
    );
}

fn map(format: &dyn Format, alert: &Alert<'_>, sink: &mut dyn FnMut(&str)) {
    records(format, alert).for_each(|record| sink(&record.body));
}

fn rate(mut work: impl FnMut(usize)) -> f64 {
    (0..1000).for_each(&mut work);
    let started = Instant::now();
    let mut done = 0;
    while started.elapsed() < RUN {
        for _ in 0..256 {
            work(done);
            done += 1;
        }
    }
    done as f64 / started.elapsed().as_secs_f64()
}

/// An alert with a device, a process, a file and a user, of about 5 KB.
pub(crate) fn alert(n: usize) -> String {
    let file = |name: &str| {
        serde_json::json!({
            "sha1": format!("{n:040x}"), "sha256": format!("{n:064x}"), "md5": null,
            "fileName": name, "filePath": "C:\\ProgramData\\Contoso\\Agent", "fileSize": 812_544,
            "filePublisher": "Contoso", "signer": null, "issuer": null,
        })
    };
    let base = |kind: &str| {
        serde_json::json!({
            "@odata.type": format!("#microsoft.graph.security.{kind}"),
            "createdDateTime": "2026-02-03T04:05:06.7890123Z", "verdict": "suspicious",
            "remediationStatus": "active", "remediationStatusDetails": null,
            "roles": [], "detailedRoles": [], "tags": [],
        })
    };
    let with = |kind: &str, more: serde_json::Value| {
        let mut evidence = base(kind);
        evidence
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        evidence
    };
    let device = format!("{n:040x}");
    let account = serde_json::json!({
        "accountName": "avery", "domainName": "CONTOSO", "userSid": "S-1-5-21-1-2-3-1104",
        "azureAdUserId": null, "userPrincipalName": "avery@contoso.example", "displayName": "Avery",
    });
    serde_json::json!({
        "id": format!("da{n:08}-4c1b-4d68-9a52-0d4c37d5a001_1"),
        "providerAlertId": format!("{n:08}"), "incidentId": "4711", "status": "new",
        "severity": "medium", "classification": null, "determination": null,
        "serviceSource": "microsoftDefenderForEndpoint", "detectionSource": "microsoftDefenderForEndpoint",
        "detectorId": "3c0b2d9e-6a1f-4f77-8d2b-5a9c1f0e7b44", "tenantId": "11111111-1111-4111-8111-111111111111",
        "title": "Process dropped and launched an unsigned file",
        "description": "A process wrote a file that carries no signature and started it. ".repeat(6),
        "recommendedActions": "Look at the process tree, isolate the device if it goes on. ".repeat(24),
        "category": "Execution", "assignedTo": null,
        "alertWebUrl": "https://security.microsoft.com/alerts/da?tid=11111111-1111-4111-8111-111111111111",
        "incidentWebUrl": "https://security.microsoft.com/incident2/4711/overview?tid=11111111-1111-4111-8111-111111111111",
        "actorDisplayName": null, "threatDisplayName": null, "threatFamilyName": null,
        "mitreTechniques": ["T1059.001", "T1105"],
        "createdDateTime": "2026-02-03T04:05:06.7890123Z",
        "lastUpdateDateTime": "2026-02-03T04:09:06.7833333Z", "resolvedDateTime": null,
        "firstActivityDateTime": "2026-02-03T04:01:06.1Z", "lastActivityDateTime": "2026-02-03T04:04:06.28Z",
        "comments": [], "systemTags": [],
        "evidence": [
            with("deviceEvidence", serde_json::json!({
                "mdeDeviceId": device, "azureAdDeviceId": null, "deviceDnsName": "ws-0042.contoso.example",
                "hostName": "ws-0042", "osPlatform": "Windows11", "osBuild": 22631, "version": "23H2",
                "healthStatus": "active", "riskScore": "medium", "rbacGroupId": 7, "rbacGroupName": "Workstations",
                "onboardingStatus": "onboarded", "defenderAvStatus": "updated",
                "ipInterfaces": ["192.0.2.42", "fe80::42", "127.0.0.1", "::1"],
                "loggedOnUsers": [{"accountName": "avery", "domainName": "CONTOSO"}],
                "detailedRoles": ["PrimaryDevice"], "vmMetadata": null,
            })),
            with("processEvidence", serde_json::json!({
                "processId": 4820 + n, "parentProcessId": 668,
                "processCommandLine": "powershell.exe -NoProfile -EncodedCommand UwB0AGEAcgB0AC0AUAByAG8AYwBlAHMAcwA=",
                "processCreationDateTime": "2026-02-03T04:01:06.0772577Z",
                "parentProcessCreationDateTime": "2026-02-03T04:00:09.0909239Z",
                "detectionStatus": "detected", "mdeDeviceId": device,
                "imageFile": file("powershell.exe"), "parentProcessImageFile": file("explorer.exe"),
                "userAccount": account,
            })),
            with("fileEvidence", serde_json::json!({
                "detectionStatus": "detected", "mdeDeviceId": device, "fileDetails": file("agent-update.exe"),
            })),
            with("userEvidence", serde_json::json!({ "userAccount": account, "stream": null })),
        ],
    })
    .to_string()
}
