//! What single fields of an `ecs` record hold, and where that came from.

use drawbridge_alert::Alert;
use drawbridge_record::ecs::{DataStream, Ecs};
use drawbridge_record::{Explained, Format as _, records};
use serde_json::{Value, json};

const ECS: Ecs = Ecs::new(DataStream::DEFAULT);

fn record_of(ecs: &Ecs, alert: &str) -> Value {
    let alert = Alert::decode(alert).unwrap();
    let record = records(ecs, &alert).next().unwrap();
    serde_json::from_str(&record.body).unwrap()
}

fn record(alert: &str) -> Value {
    record_of(&ECS, alert)
}

/// Where the value of a field came from.
fn source(explained: &[Explained], path: &str) -> String {
    let key = explained[0].keys.iter().find(|key| key.key == path);
    key.unwrap().from.clone()
}
/// What Elastic's pipeline makes of an alert as Microsoft's own samples have it, in the fields that
/// both have.
#[test]
fn an_alert_has_the_values_of_elastics_pipeline() {
    let alert = include_str!("../golden/ecs/elastic/1.json");
    let record = record(alert);
    for (path, value) in [
        ("@timestamp", json!("2026-09-01T10:05:00.500Z")),
        (
            "cloud.account.id",
            json!("11111111-1111-4111-8111-111111111111"),
        ),
        ("data_stream.dataset", json!("m365_defender.alert")),
        ("device.id", json!(["aaaaaaaa-0000-4000-8000-0000000000c1"])),
        ("event.created", json!("2026-09-01T10:00:00.856Z")),
        ("event.start", json!("2026-09-01T09:58:16.140Z")),
        ("event.end", json!("2026-09-01T09:59:33.640Z")),
        ("event.duration", json!(77_500_000_000_i64)),
        ("event.kind", json!("alert")),
        (
            "event.category",
            json!(["host", "iam", "network", "process"]),
        ),
        ("event.type", json!(["info"])),
        ("event.action", json!(["detected"])),
        ("event.severity", json!(47)),
        ("event.provider", json!("microsoftDefenderForEndpoint")),
        ("host.hostname", json!(["ws-0c1.corp.example"])),
        (
            "host.id",
            json!(["00000000000000000000000000000000000000c1"]),
        ),
        (
            "host.ip",
            json!(["192.0.2.65", "fe80::c1", "127.0.0.1", "198.51.100.14"]),
        ),
        ("host.os.name", json!(["Windows11"])),
        ("host.os.version", json!(["25H2"])),
        ("process.command_line", json!(["\"powershell.exe\" "])),
        (
            "process.executable",
            json!(["C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"]),
        ),
        ("process.pid", json!([8224])),
        ("process.start", json!(["2026-09-01T09:58:39.499Z"])),
        ("process.parent.pid", json!([5772])),
        ("process.parent.start", json!(["2026-09-01T09:58:19.506Z"])),
        ("process.user.name", json!(["mira.k"])),
        (
            "related.ip",
            json!(["192.0.2.65", "fe80::c1", "127.0.0.1", "198.51.100.14"]),
        ),
        ("source.geo.country_iso_code", json!(["SG"])),
        ("user.domain", json!(["CORP"])),
        ("user.name", json!(["mira.k"])),
        ("threat.technique.subtechnique.id", json!(["T1546.003"])),
        ("threat.tactic.name", json!(["Persistence"])),
        ("m365_defender.alert.id", json!("da00000040_1")),
        (
            "m365_defender.alert.tenant_id",
            json!("11111111-1111-4111-8111-111111111111"),
        ),
        ("m365_defender.alert.threat_family_name", json!("Zlorp")),
        ("m365_defender.alert.status", json!("new")),
        ("m365_defender.alert.incident_id", json!("29")),
    ] {
        let pointer = format!("/{}", path.replace('.', "/"));
        assert_eq!(record.pointer(&pointer), Some(&value), "{path}");
    }
    assert!(record["threat"]["group"].is_null());
    let evidence = &record["m365_defender"]["alert"]["evidence"];
    assert_eq!(
        evidence[0]["rbac_group"],
        json!({"id": "125", "name": "Clients"})
    );
    assert_eq!(evidence[0]["os_build"], "26200");
    let process = &evidence[1];
    assert_eq!(process["parent_process"]["image_file"]["name"], "cmd.exe");
    assert_eq!(
        process["process"]["creation_datetime"],
        "2026-09-01T09:58:39.499Z"
    );
}

/// The SHA-1, as Elasticsearch's processor `fingerprint` makes it, of a zero byte and
/// `8224|2026-09-01T09:58:39.499Z|00000000000000000000000000000000000000c1`; worked out in Python.
#[test]
fn a_process_has_elastics_fingerprint() {
    let alert = include_str!("../golden/ecs/elastic/1.json");
    let record = record(alert);
    let process = &record["process"];
    assert_eq!(
        process["entity_id"],
        json!(["g+sv60U1DfGTGxX4dWYhJ4LCi9Q="])
    );
    assert_eq!(
        process["parent"]["entity_id"],
        json!(["7mcyD2M8H5X+DDIAmxEqcVQjlCU="])
    );
    let explained = ECS.explain(&Alert::decode(alert).unwrap());
    assert_eq!(
        source(&explained, "process.entity_id"),
        "evidence[1].processId, evidence[1].processCreationDateTime, evidence[1].mdeDeviceId"
    );
    let mut unknown: Value = serde_json::from_str(alert).unwrap();
    unknown["evidence"][1]["mdeDeviceId"] = Value::Null;
    assert!(self::record(&unknown.to_string())["process"]["entity_id"].is_null());
}

#[test]
fn a_host_without_a_name_has_that_in_dns() {
    let device = |more: Value| {
        let mut device = json!({"@odata.type": "#microsoft.graph.security.deviceEvidence",
            "deviceDnsName": "ws-1.corp.example"});
        let members = device.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        json!({"id": "da1", "evidence": [device]}).to_string()
    };
    for (more, name, from) in [
        (json!({}), "ws-1.corp.example", "evidence[0].deviceDnsName"),
        (json!({"hostName": "ws-1"}), "ws-1", "evidence[0].hostName"),
    ] {
        let alert = device(more);
        assert_eq!(record(&alert)["host"]["hostname"], json!([name]));
        let explained = ECS.explain(&Alert::decode(&alert).unwrap());
        assert_eq!(source(&explained, "host.hostname"), from);
    }
}

#[test]
fn a_user_without_an_account_name_is_named() {
    let kind = |kind: &str| format!("#microsoft.graph.security.{kind}Evidence");
    let upn = "mira.k@corp.example";
    for (evidence, from) in [
        (
            json!({"@odata.type": kind("user"), "userAccount": {"userPrincipalName": upn}}),
            "evidence[0].userAccount.userPrincipalName",
        ),
        (
            json!({"@odata.type": kind("mailbox"), "primaryAddress": upn}),
            "evidence[0].primaryAddress",
        ),
        (
            json!({"@odata.type": kind("mailbox"), "upn": upn, "primaryAddress": "m@corp.example"}),
            "evidence[0].upn",
        ),
        (
            json!({"@odata.type": kind("mailboxConfiguration"), "mailboxPrimaryAddress": upn}),
            "evidence[0].mailboxPrimaryAddress",
        ),
        (
            json!({"@odata.type": kind("hostLogonSession"), "account": {
                "userAccount": {"userPrincipalName": upn}}}),
            "evidence[0].account.userAccount.userPrincipalName",
        ),
    ] {
        let alert = json!({"id": "da1", "evidence": [evidence]}).to_string();
        let record = record(&alert);
        assert_eq!(record["user"]["name"], json!([upn]), "{from}");
        assert_eq!(record["user"]["email"][0], upn, "{from}");
        let explained = ECS.explain(&Alert::decode(&alert).unwrap());
        assert_eq!(source(&explained, "user.name"), from);
    }
    let process = json!({"id": "da1", "evidence": [{"@odata.type": kind("process"),
        "userAccount": {"userPrincipalName": upn}}]});
    assert_eq!(
        record(&process.to_string())["process"]["user"]["name"],
        json!([upn])
    );
}

#[test]
fn an_alert_without_a_time_of_creation_has_a_timestamp() {
    for (times, timestamp, from) in [
        (
            json!({"lastUpdateDateTime": "2026-09-01T10:05:00.5Z", "firstActivityDateTime": "2026-09-01T09:58:00Z"}),
            "2026-09-01T10:05:00.500Z",
            "lastUpdateDateTime",
        ),
        (
            json!({"firstActivityDateTime": "2026-09-01T09:58:00Z", "lastActivityDateTime": "2026-09-01T09:59:00Z"}),
            "2026-09-01T09:58:00.000Z",
            "firstActivityDateTime",
        ),
        (
            json!({"lastActivityDateTime": "2026-09-01T09:59:00Z"}),
            "2026-09-01T09:59:00.000Z",
            "lastActivityDateTime",
        ),
    ] {
        let mut alert = json!({"id": "da1", "createdDateTime": null});
        let members = alert.as_object_mut().unwrap();
        members.extend(times.as_object().unwrap().clone());
        let alert = alert.to_string();
        assert_eq!(record(&alert)["@timestamp"], timestamp);
        let explained = ECS.explain(&Alert::decode(&alert).unwrap());
        assert_eq!(source(&explained, "@timestamp"), from);
    }
}

#[test]
fn an_address_with_a_place_is_a_source_with_one() {
    let address = |more: Value| {
        let mut address = json!({"@odata.type": "#microsoft.graph.security.ipEvidence",
            "ipAddress": "198.51.100.14"});
        let members = address.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        record(&json!({"id": "da1", "evidence": [address]}).to_string())
    };
    let of = address(
        json!({"countryLetterCode": "SG", "location": {"countryName": "Singapore",
        "state": "Central", "city": "Singapore", "longitude": 103.85178, "latitude": 1}}),
    );
    assert_eq!(
        of["source"],
        json!({"geo": {"city_name": ["Singapore"], "country_iso_code": ["SG"],
            "country_name": ["Singapore"], "region_name": ["Central"],
            "location": [{"lat": 1.0, "lon": 103.85178}]}, "ip": ["198.51.100.14"]})
    );
    let kept = &of["m365_defender"]["alert"]["evidence"][0]["geo_location"];
    assert_eq!(
        (&kept["latitude"], &kept["city"]),
        (&json!(1.0), &json!("Singapore"))
    );
    // Without a place, it is no source; and there is no such point.
    assert!(address(json!({}))["source"].is_null());
    for location in [
        json!({"latitude": 91, "longitude": 1}),
        json!({"latitude": 1}),
        json!({"latitude": "1", "longitude": "2"}),
        json!({"latitude": 1, "longitude": -180.5}),
    ] {
        let of = address(json!({"location": location, "countryLetterCode": "SG"}));
        assert_eq!(of["source"]["geo"], json!({"country_iso_code": ["SG"]}));
        let kept = &of["m365_defender"]["alert"]["evidence"][0]["geo_location"];
        assert_eq!(
            kept.as_object().unwrap().len(),
            location.as_object().unwrap().len()
        );
    }
}

#[test]
fn a_document_names_its_data_stream() {
    let stream = DataStream {
        dataset: "contoso.alert".into(),
        namespace: "emea".into(),
    };
    let ecs = Ecs::new(stream);
    let alert = r#"{"id":"da1"}"#;
    let record = record_of(&ecs, alert);
    assert_eq!(
        record["data_stream"],
        json!({"dataset": "contoso.alert", "namespace": "emea", "type": "logs"})
    );
    assert_eq!(record["event"]["dataset"], "contoso.alert");
    let explained = ecs.explain(&Alert::decode(alert).unwrap());
    assert!(explained[0].keys.iter().any(|key| key.value == "emea"));
}
