//! The variables that the template sets are those that the functions read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use drawbridge_config::{
    FunctionSettings, OutputSettings, Oversize, Shape, Tenant, Trust, given_tenants,
};
use drawbridge_deliver::{DeliverSettings, TARGETS};
use drawbridge_entra::Identity;
use drawbridge_queue::READERS;
use serde_json::Value;

use crate::evaluate::Deployment;
use crate::outputs::{every_output, formats};
use crate::template::{resources, transformed};

const TENANT: [(&str, &str); 2] = [
    ("TenantId", "00000000-0000-0000-0000-000000000001"),
    ("ClientId", "00000000-0000-0000-0000-000000000002"),
];

/// The variables that `read` asks for.
fn asked(read: impl Fn(&dyn Fn(&str) -> Option<String>)) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    read(&|name| {
        names.borrow_mut().insert(name.to_owned());
        let value = match name {
            "DRAWBRIDGE_TENANTS" => "[]",
            "DRAWBRIDGE_LOGIN_URL" | "DRAWBRIDGE_GRAPH_URL" => "https://relay.example",
            "DRAWBRIDGE_OUTPUTS" => r#"[{"format":"siem","shape":"objects"}]"#,
            "DRAWBRIDGE_READERS" => "splunk",
            "DRAWBRIDGE_DELIVER" => r#"{"target":"syslog","address":"siem.example:6514"}"#,
            _ => "value",
        };
        Some(value.to_owned())
    });
    names.into_inner()
}

fn set(function: &str) -> BTreeSet<String> {
    let all = resources("AWS::Lambda::Function");
    let (_, found) = all.iter().find(|(id, _)| id == function).unwrap();
    let variables = &found["Properties"]["Environment"]["Variables"];
    variables.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn each_function_gets_what_it_reads() {
    let poll = asked(|variable| {
        drop(FunctionSettings::read(variable).unwrap());
        drop(Trust::of_a_stack(variable).unwrap());
    });
    let dispatch = asked(|variable| drop(drawbridge_dispatch::Settings::read(variable).unwrap()));
    let deliver = asked(|variable| drop(drawbridge_deliver::Settings::read(variable).unwrap()));
    let text = "left: set in infra/template.yaml, right: read by the function";
    assert_eq!(set("Poll"), poll, "{text}");
    assert_eq!(set("Dispatch"), dispatch, "{text}");
    assert_eq!(set("Deliver"), deliver, "{text}");
    let serve = asked(|variable| drop(drawbridge_serve::Settings::read(variable).unwrap()));
    assert_eq!(set("serve/Serve"), serve, "{text}");
}

/// The tenants that both functions are given.
fn tenants(parameters: &[(&str, &str)]) -> Vec<Tenant> {
    let deployment = Deployment::with(parameters);
    let [poll, dispatch] = ["Poll", "Dispatch"].map(|function| {
        given_tenants(|name| deployment.variable(function, name))
            .unwrap_or_else(|error| panic!("{function}: {error}"))
    });
    assert_eq!(poll, dispatch);
    poll
}

#[test]
fn the_parameters_make_a_tenant_list_that_parses() {
    assert_eq!(tenants(&[]), [], "no TenantId, no tenant");
    let cloud = ("Cloud", "gcc-high");
    let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf";
    let arns = format!("{arn},{arn}");
    for (more, identity) in [
        (vec![], Identity::Secret("<ClientSecret.Id>")),
        (vec![("SecretArns", arns.as_str())], Identity::Secret(arn)),
        (
            vec![("TenantIdentity", "certificate")],
            Identity::Certificate("<ClientSecret.Id>"),
        ),
        (
            vec![("TenantIdentity", "certificate"), ("SecretArns", &arns)],
            Identity::Certificate(arn),
        ),
        (vec![("Federation", "yes")], Identity::FederationAws),
    ] {
        let parameters = [&TENANT[..], &[cloud], &more].concat();
        let tenants = tenants(&parameters);
        assert_eq!(tenants.len(), 1);
        assert_eq!(
            (&*tenants[0].name, tenants[0].cloud.as_deref()),
            ("main", Some("gcc-high"))
        );
        assert_eq!(tenants[0].identity().unwrap(), identity);
    }
}

#[test]
fn a_certificate_and_federation_at_once_are_refused() {
    for (identity, federation, is_refused) in [
        ("certificate", "yes", true),
        ("certificate", "no", false),
        ("secret", "yes", false),
    ] {
        let parameters = [("TenantIdentity", identity), ("Federation", federation)];
        let refusals = Deployment::with(&[&TENANT[..], &parameters].concat()).refusals();
        let named = refusals.iter().any(|text| text.contains("TenantIdentity"));
        assert_eq!(named, is_refused, "{refusals:?}");
    }
}

#[test]
fn the_parameters_make_a_list_of_outputs_that_parses() {
    let outputs = |parameters: &[(&str, &str)]| -> Vec<OutputSettings> {
        let text = Deployment::with(parameters).variable("Poll", "DRAWBRIDGE_OUTPUTS");
        let list: Vec<Value> = serde_json::from_str(&text.unwrap()).unwrap();
        // Formats come one by one; a parameter may be there first.
        let known = drawbridge_record::names();
        let list: Vec<Value> = list
            .into_iter()
            .filter(|output| known.contains(&output["format"].as_str().unwrap()))
            .collect();
        OutputSettings::parse_list("DRAWBRIDGE_OUTPUTS", &Value::from(list).to_string()).unwrap()
    };
    let names = |parameters: &[(&str, &str)]| -> Vec<String> {
        outputs(parameters)
            .iter()
            .map(OutputSettings::name)
            .collect()
    };
    assert_eq!(names(&[]), ["siem"]);
    let default = &outputs(&[])[0];
    assert_eq!(default.queue_url.as_deref(), Some("<SiemMessages/Queue>"));
    assert_eq!(
        names(&[("SiemOutput", "none"), ("NativeOutput", "both")]),
        ["native", "native-objects"]
    );
    let all = names(&every_output());
    for format in formats() {
        for name in [format.to_owned(), format!("{format}-objects")] {
            assert!(all.contains(&name), "{name} cannot be chosen");
        }
    }
}

/// The outputs that the poll function is given.
fn outputs(parameters: &[(&str, &str)]) -> Vec<OutputSettings> {
    let all = [&every_output()[..], parameters].concat();
    let deployment = Deployment::with(&all);
    let settings = FunctionSettings::read(|name| deployment.variable("Poll", name));
    settings.unwrap().outputs
}

#[test]
fn pointers_are_sent_where_they_are_resolved() {
    let pointed = |parameters: &[(&str, &str)]| -> Vec<String> {
        let outputs = outputs(parameters).into_iter();
        let pointed = outputs.filter(|output| output.oversize == Some(Oversize::Pointer));
        pointed.map(|output| output.name()).collect()
    };
    assert_eq!(pointed(&[]), [""; 0]);
    assert_eq!(pointed(&[("MessagePointers", "yes")]), formats());
    for format in formats() {
        let delivery = [
            ("DeliverTarget", "syslog"),
            ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
            ("DeliverOutput", format),
        ];
        assert_eq!(pointed(&delivery), [format]);
    }
}

#[test]
fn every_reader_may_be_named_and_no_other() {
    let readers = |named: &str| {
        let outputs = outputs(&[("ObjectReaders", named)]).into_iter();
        let (objects, messages): (Vec<_>, Vec<_>) =
            outputs.partition(|output| output.shape == Shape::Objects);
        assert!(messages.iter().all(|output| output.readers.is_none()));
        let readers = objects.into_iter().map(|output| output.readers);
        readers.reduce(|one, other| if one == other { one } else { panic!() })
    };
    assert_eq!(readers(""), Some(None));
    let all: Vec<_> = READERS
        .iter()
        .map(|reader| reader.name.to_owned())
        .collect();
    assert_eq!(readers(&all.join(",")), Some(Some(all.clone())));

    let parameter = &transformed()["Parameters"]["ObjectReaders"];
    let pattern = parameter["AllowedPattern"].as_str().unwrap();
    let any = all.join("|");
    assert_eq!(pattern, format!("^$|^({any})(,({any}))*$"));
    for text in ["Description", "ConstraintDescription"] {
        let text = parameter[text].as_str().unwrap();
        assert!(all.iter().all(|name| text.contains(name)), "{text}");
    }
}

/// Every target can be chosen, and its example makes settings that parse.
#[test]
fn the_parameters_make_settings_of_delivery_that_parse() {
    let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s";
    let mut choices = vec!["none"];
    for target in TARGETS {
        choices.push(target.name);
        // The identity comes from parameters of its own.
        let mut settings: Value = serde_json::from_str(target.example).unwrap();
        let secret = settings.as_object_mut().unwrap().remove("secret");
        let settings = settings.to_string();
        let mut parameters = vec![
            ("DeliverTarget", target.name),
            ("DeliverSettings", settings.as_str()),
        ];
        parameters.extend(secret.map(|_| ("DeliverSecretArn", arn)));
        let deployment = Deployment::with(&parameters);
        assert!(deployment.refusals().is_empty(), "{}", target.name);
        let text = deployment
            .variable("Deliver", "DRAWBRIDGE_DELIVER")
            .unwrap();
        DeliverSettings::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(text.contains(target.name), "{text}");
    }
    let parameter = &transformed()["Parameters"]["DeliverTarget"];
    assert_eq!(parameter["AllowedValues"], Value::from(choices));
}

#[test]
fn an_identity_that_the_target_cannot_have_is_refused_with_the_fix() {
    let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf";
    for (target, identity, arn, words) in [
        ("sentinel", "secret", arn, None),
        ("sentinel", "certificate", arn, None),
        ("sentinel", "federation", "", None),
        ("syslog", "secret", "", None),
        ("sentinel", "secret", "", Some("Give DeliverSecretArn")),
        ("sentinel", "certificate", "", Some("Give DeliverSecretArn")),
        (
            "sentinel",
            "federation",
            arn,
            Some("Leave DeliverSecretArn empty"),
        ),
        (
            "webhook",
            "certificate",
            arn,
            Some("unless DeliverTarget is sentinel"),
        ),
        (
            "splunk-hec",
            "federation",
            "",
            Some("unless DeliverTarget is sentinel"),
        ),
    ] {
        let refusals = Deployment::with(&[
            ("DeliverTarget", target),
            ("DeliverSettings", r#"{"url":"https://x"}"#),
            ("DeliverIdentity", identity),
            ("DeliverSecretArn", arn),
        ])
        .refusals();
        match words {
            None => assert!(refusals.is_empty(), "{target}, {identity}: {refusals:?}"),
            Some(words) => {
                assert_eq!(refusals.len(), 1, "{target}, {identity}: {refusals:?}");
                assert!(refusals[0].contains(words), "{refusals:?}");
            }
        }
    }
}

#[test]
fn the_parameters_say_what_sentinel_is_signed_in_to_with() {
    let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf";
    let settings = r#"{"url":"https://x.ingest.monitor.azure.com","dcr":"dcr-1",
        "stream":"Custom-A_CL","tenant_id":"t.example","client_id":"c"}"#;
    for (identity, arn, expected) in [
        ("secret", arn, Identity::Secret(arn)),
        ("certificate", arn, Identity::Certificate(arn)),
        ("federation", "", Identity::FederationAws),
    ] {
        let deployment = Deployment::with(&[
            ("DeliverTarget", "sentinel"),
            ("DeliverSettings", settings),
            ("DeliverIdentity", identity),
            ("DeliverSecretArn", arn),
        ]);
        let text = deployment
            .variable("Deliver", "DRAWBRIDGE_DELIVER")
            .unwrap();
        DeliverSettings::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let settings: Value = serde_json::from_str(&text).unwrap();
        let field = |name: &str| settings[name].as_str();
        let given = Identity::of(field("secret"), field("certificate"), field("federation"));
        assert_eq!(given, Ok(expected));
    }
}
