//! The variables that the template sets are those that the functions read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use drawbridge_config::{FunctionSettings, Tenant};
use serde_json::Value;

use crate::template::all_resources;

const TENANTS: &str = r#"[{"name":"a","tenant_id":"t","client_id":"c","secret":"s"}]"#;

/// The variables that `read` asks for.
fn asked(read: impl Fn(&dyn Fn(&str) -> Option<String>)) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    read(&|name| {
        names.borrow_mut().insert(name.to_owned());
        Some(
            if name.ends_with("_TENANTS") {
                TENANTS
            } else {
                "value"
            }
            .to_owned(),
        )
    });
    names.into_inner()
}

fn variables(function: &str) -> &'static Value {
    &all_resources()[function]["Properties"]["Environment"]["Variables"]
}

fn set(function: &str) -> BTreeSet<String> {
    let variables = variables(function).as_object().unwrap();
    variables.keys().cloned().collect()
}

#[test]
fn each_function_gets_what_it_reads() {
    let poll = asked(|variable| drop(FunctionSettings::read(variable).unwrap()));
    let dispatch = asked(|variable| drop(drawbridge_dispatch::Settings::read(variable).unwrap()));
    let text = "left: set in infra/template.yaml, right: read by the function";
    assert_eq!(set("Poll"), poll, "{text}");
    assert_eq!(set("Dispatch"), dispatch, "{text}");
}

#[test]
fn the_parameters_make_a_tenant_list_that_parses() {
    for function in ["Poll", "Dispatch"] {
        let [condition, one, several] = serde_json::from_value::<[Value; 3]>(
            variables(function)["DRAWBRIDGE_TENANTS"]["Fn::If"].clone(),
        )
        .unwrap();
        assert_eq!(condition, "OneTenant");
        assert_eq!(several["Ref"], "Tenants");
        let mut list = one["Fn::Sub"][0].as_str().unwrap().to_owned();
        for (parameter, value) in [
            ("TenantName", "main"),
            ("TenantId", "00000000-0000-0000-0000-000000000001"),
            ("ClientId", "00000000-0000-0000-0000-000000000002"),
            ("Cloud", "gcc-high"),
            (
                "Secret",
                "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf",
            ),
        ] {
            list = list.replace(&format!("${{{parameter}}}"), value);
        }
        let tenants = Tenant::parse_list("DRAWBRIDGE_TENANTS", &list)
            .unwrap_or_else(|error| panic!("{function}: {error}\n{list}"));
        assert_eq!(tenants.len(), 1);
        assert_eq!(tenants[0].cloud, "gcc-high");
    }
}
