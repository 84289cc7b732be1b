use drawbridge_e2e::{Bundle, Stack, functions};

use super::world;

const TENANT_ID: (&str, &str) = ("TenantId", "11111111-1111-4111-8111-111111111111");

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_refused_with_its_name_and_the_fix() {
    let binaries = functions().unwrap();
    let emulator = world::emulator().await;
    let bundle = Bundle::make(&emulator, &binaries).unwrap();
    let refused: [(&[(&str, &str)], &str); 9] = [
        (
            &[TENANT_ID],
            "Give TenantId and ClientId for the first tenant",
        ),
        (
            &[("TenantId", "contoso"), ("ClientId", TENANT_ID.1)],
            "TenantId must be a GUID",
        ),
        (&[("SiemOutput", "none")], "Every output is none"),
        (
            &[("ObjectReaders", "splunk")],
            "Fanout and ObjectReaders have no effect",
        ),
        (
            &[("SiemOutput", "objects"), ("OutputFifo", "true")],
            "OutputFifo and MessagePointers have no effect",
        ),
        (
            &[
                ("DeliverTarget", "syslog"),
                ("DeliverOutput", "cef"),
                ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
            ],
            "DeliverOutput names a format that is not written as messages",
        ),
        (&[("DeliverTarget", "webhook")], "Give DeliverSettings"),
        (
            &[
                ("DeliverTarget", "webhook"),
                ("DeliverSettings", r#"{"url":"https://hooks.example/x"}"#),
                ("DeliverIdentity", "federation"),
            ],
            "DeliverIdentity must be secret, unless DeliverTarget is sentinel",
        ),
        (
            &[("Schedule", "rate(1 hour)")],
            "Schedule must be rate(1 minute)",
        ),
    ];
    for (parameters, expected) in refused {
        let error = Stack::deploy(&emulator, "refused", &bundle, parameters).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
