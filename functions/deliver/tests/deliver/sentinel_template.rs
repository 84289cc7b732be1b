//! `infra/sentinel/` is written from the `siem` format's fields.
//!
//! After a change of the format: `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-deliver template`.

use std::fs;
use std::path::PathBuf;

use drawbridge_deliver::sentinel::{MAX_COLUMN_CHARS, RESERVED, column};
use drawbridge_record::Format;
use serde_json::{Value, json};

const TABLE: &str = "DrawbridgeSiem_CL";
const STREAM: &str = "Custom-DrawbridgeSiem_CL";

fn infra(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../infra/sentinel")
        .join(name)
}

fn read(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(infra(name)).unwrap()).unwrap()
}

fn siem() -> &'static dyn Format {
    drawbridge_record::format("siem").unwrap()
}

/// The table's columns, and the stream's: `TimeGenerated` and the record's keys.
fn columns() -> Vec<Value> {
    let time = json!({"name": "TimeGenerated", "type": "datetime"});
    let fields = siem().fields();
    let columns = fields.iter().map(|field| {
        let kind = match field.kind {
            "string" => "string",
            "number" => "long",
            "boolean or null" => "boolean",
            other => panic!("no column type for {other}"),
        };
        json!({"name": column(field.name), "type": kind})
    });
    std::iter::once(time).chain(columns).collect()
}

/// `TimeGenerated` as the deliver function sends it, or worked out of a record that Sentinel read
/// from the bucket.
const TRANSFORM: &str = "source | extend TimeGenerated = iif(isnotnull(TimeGenerated), \
     TimeGenerated, iif(isnotempty(LastProcessedTimeUtc), todatetime(LastProcessedTimeUtc), \
     todatetime(AlertTime))) | extend TimeGenerated = iif(isnotnull(TimeGenerated), \
     TimeGenerated, now())";

fn template() -> Value {
    let workspace =
        "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]";
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {
            "description": "The table and the data collection rule for Drawbridge's siem records. Written by the tests of functions/deliver from the record's schema; do not edit."
        },
        "parameters": {
            "workspace": {
                "type": "string",
                "metadata": {"description": "Name of the Log Analytics workspace, in this resource group."}
            },
            "location": {
                "type": "string",
                "defaultValue": "[resourceGroup().location]",
                "metadata": {"description": "Region of the workspace."}
            },
            "retentionInDays": {"type": "int", "defaultValue": 90, "minValue": 4, "maxValue": 730}
        },
        "resources": [
            {
                "type": "Microsoft.OperationalInsights/workspaces/tables",
                "apiVersion": "2022-10-01",
                "name": format!("[concat(parameters('workspace'), '/{TABLE}')]"),
                "properties": {
                    "plan": "Analytics",
                    "retentionInDays": "[parameters('retentionInDays')]",
                    "schema": {"name": TABLE, "columns": columns()}
                }
            },
            {
                "type": "Microsoft.Insights/dataCollectionRules",
                "apiVersion": "2023-03-11",
                "name": "drawbridge-siem",
                "location": "[parameters('location')]",
                "kind": "Direct",
                "dependsOn": [
                    format!("[resourceId('Microsoft.OperationalInsights/workspaces/tables', parameters('workspace'), '{TABLE}')]")
                ],
                "properties": {
                    "streamDeclarations": {STREAM: {"columns": columns()}},
                    "destinations": {
                        "logAnalytics": [{"workspaceResourceId": workspace, "name": "workspace"}]
                    },
                    "dataFlows": [{
                        "streams": [STREAM],
                        "destinations": ["workspace"],
                        "transformKql": TRANSFORM,
                        "outputStream": STREAM
                    }]
                }
            }
        ],
        "outputs": {
            "url": {
                "type": "string",
                "value": "[reference(resourceId('Microsoft.Insights/dataCollectionRules', 'drawbridge-siem'), '2023-03-11').endpoints.logsIngestion]"
            },
            "dcr": {
                "type": "string",
                "value": "[reference(resourceId('Microsoft.Insights/dataCollectionRules', 'drawbridge-siem'), '2023-03-11').immutableId]"
            },
            "stream": {"type": "string", "value": STREAM}
        }
    })
}

#[test]
fn the_template_holds_the_records_schema() {
    let text = format!("{}\n", serde_json::to_string_pretty(&template()).unwrap());
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::create_dir_all(infra("")).unwrap();
        fs::write(infra("table.json"), text).unwrap();
        return;
    }
    let written = fs::read_to_string(infra("table.json")).unwrap();
    assert!(
        written == text,
        "run the tests with DRAWBRIDGE_BLESS=1 to renew infra/sentinel/table.json"
    );
}

#[test]
fn every_column_is_one_that_log_analytics_takes() {
    let columns = columns();
    let names: std::collections::HashSet<&str> = columns
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), columns.len());
    assert_eq!(names.len(), siem().fields().len() + 1);
    for name in names {
        assert!(name.len() <= MAX_COLUMN_CHARS, "{name}");
        assert!(
            !RESERVED.contains(&name.to_ascii_lowercase().as_str()),
            "{name}"
        );
    }
    // The record's keys are columns under their own names.
    for field in siem().fields() {
        assert_eq!(column(field.name), field.name);
    }
}

/// The connector reads what the template declares, in the form that the bucket has.
#[test]
fn the_connector_fits_the_template() {
    let connector = read("connector.json");
    let resources = connector["resources"].as_array().unwrap();
    let of = |kind: &str| {
        let mut found = resources.iter().filter(|resource| resource["kind"] == kind);
        found.next().unwrap()["properties"].clone()
    };
    let definition = of("Customizable");
    let polling = of("AmazonWebServicesS3");
    assert_eq!(
        polling["connectorDefinitionName"],
        definition["connectorUiConfig"]["id"]
    );
    assert_eq!(polling["dcrConfig"]["streamName"], STREAM);
    assert_eq!(polling["destinationTable"], TABLE);
    assert_eq!(
        polling["dataFormat"],
        json!({"Format": "JsonLine", "IsCompressed": true, "compressType": "Gzip"})
    );
    declares_what_it_uses(&connector, "parameters");
}

/// The role is that of publishers, on the rule that the template makes, and on nothing else.
#[test]
fn the_role_is_on_the_templates_rule() {
    let role = read("role.json");
    declares_what_it_uses(&role, "parameters");
    declares_what_it_uses(&role, "variables");
    let rule = &role["variables"]["rule"];
    let made = template()["resources"][1].clone();
    assert_eq!(made["type"], "Microsoft.Insights/dataCollectionRules");
    let name = made["name"].as_str().unwrap();
    assert_eq!(
        *rule,
        format!("[resourceId('Microsoft.Insights/dataCollectionRules', '{name}')]")
    );
    let assignments = role["resources"].as_array().unwrap();
    assert_eq!(assignments.len(), 1, "{role}");
    let assignment = &assignments[0];
    assert_eq!(assignment["scope"], "[variables('rule')]");
    // Microsoft Learn, "Azure built-in roles": Monitoring Metrics Publisher.
    let publisher = &role["variables"]["monitoringMetricsPublisher"];
    assert!(
        publisher
            .as_str()
            .unwrap()
            .contains("'3913510d-42f4-4e42-8a64-420c390055eb'")
    );
}

/// Every parameter or variable is declared, and every declared one is used.
fn declares_what_it_uses(template: &Value, kind: &str) {
    let text = template.to_string();
    let begin = format!("{kind}('");
    for name in template[kind].as_object().unwrap().keys() {
        assert!(text.contains(&format!("{begin}{name}')")), "{name}");
    }
    for (at, _) in text.match_indices(&begin) {
        let name = text[at + begin.len()..].split('\'').next().unwrap();
        assert!(template[kind].get(name).is_some(), "{name}");
    }
}
