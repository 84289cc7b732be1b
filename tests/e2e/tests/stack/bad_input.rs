use drawbridge_e2e::{Stack, release};
use serde_json::json;

use crate::world;

const TENANT_ID: (&str, &str) = ("TenantId", "11111111-1111-4111-8111-111111111111");

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_refused_with_its_name_and_the_fix() {
    let binaries = release().unwrap();
    let emulator = world::emulator().await;
    let refused: [(&[(&str, &str)], &str); 5] = [
        (&[], "Give TenantId and ClientId for one tenant, or Tenants"),
        (&[TENANT_ID], "Give TenantId and ClientId for one tenant"),
        (
            &[("TenantId", "contoso"), ("ClientId", TENANT_ID.1)],
            "TenantId must be a GUID",
        ),
        (
            &[("Tenants", r#"{"name":"contoso"}"#)],
            "Tenants must be a JSON list",
        ),
        (
            &[
                TENANT_ID,
                ("ClientId", TENANT_ID.1),
                ("Schedule", "rate(1 hour)"),
            ],
            "Schedule must be rate(1 minute)",
        ),
    ];
    for (parameters, expected) in refused {
        let error = Stack::deploy(&emulator, "refused", &binaries, parameters).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// What looks like a list, and so passes CloudFormation, may still be none of tenants.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_list_that_does_not_parse_fails_the_first_run_by_name() {
    let binaries = release().unwrap();
    let emulator = world::emulator().await;
    let list = ("Tenants", r#"[{"name":"contoso"}]"#);
    let stack = Stack::deploy(&emulator, "unreadable", &binaries, &[list]).unwrap();
    for function in ["dispatch", "poll"] {
        let error = stack.invoke(function, &json!({})).unwrap_err().to_string();
        let log = emulator.log_tail(200);
        let told = "DRAWBRIDGE_TENANTS cannot be read at [0]: missing field `tenant_id`";
        assert!(error.contains(told) || log.contains(told), "{error}\n{log}");
    }
}
