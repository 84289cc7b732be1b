//! What whoever writes a tenant's document can reach with it: what is the tenant's, and what the
//! administrator allows by parameters.

use drawbridge_config::{BINDINGS_KEY, Trust, given_tenants, parse};
use drawbridge_entra::Endpoints;
use serde_json::Value;

use crate::evaluate::Deployment;
use crate::iam::strings;
use crate::template::{python, run, transformed};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret";

/// The statements of the poll function's role.
fn of_poll(parameters: &[(&str, &str)]) -> Vec<Value> {
    let resources = Deployment::with(parameters).resources();
    let policy = &resources["PollRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    policy["Statement"].as_array().unwrap().clone()
}

/// What the poll function may do this to.
fn reached(statements: &[Value], action: &str) -> Vec<String> {
    let granting = statements
        .iter()
        .filter(|statement| strings(&statement["Action"]).contains(&action.to_owned()));
    granting
        .flat_map(|statement| strings(&statement["Resource"]))
        .collect()
}

/// A stack called `prod` read what another team calls `prod/…`.
#[test]
fn a_stack_reads_no_secrets_but_those_below_a_prefix_of_its_own() {
    let tenant = [
        ("TenantId", "00000000-0000-0000-0000-000000000001"),
        ("ClientId", "00000000-0000-0000-0000-000000000002"),
        ("TenantName", "first"),
    ];
    for (given, prefix) in [("", "drawbridge/stack/"), ("stack/", "stack/")] {
        let parameters = [&tenant[..], &[("SecretPrefix", given)]].concat();
        let deployment = Deployment::with(&parameters);
        let read = reached(&of_poll(&parameters), "secretsmanager:GetSecretValue");
        assert_eq!(read, [format!("{ARN}:{prefix}*")]);
        // Those who write documents, and those who create secrets, are told the same.
        let variable = deployment.variable("Poll", "DRAWBRIDGE_SECRET_PREFIX");
        assert_eq!(variable.as_deref(), Some(prefix));
        assert_eq!(deployment.output("SecretPrefix"), prefix);
        // That of the first tenant is called as a document's would be, so that no other document is
        // named after it.
        let secret = &deployment.resources()["ClientSecret"];
        assert_eq!(secret["Properties"]["Name"], format!("{prefix}first"));
        assert_eq!(secret["UpdateReplacePolicy"], "Retain", "its value is lost");
    }
}

#[test]
fn the_administrator_alone_lets_documents_name_more() {
    let variable = |parameters: &[(&str, &str)], name: &str| {
        Deployment::with(parameters).variable("Poll", &format!("DRAWBRIDGE_ALLOWED_{name}"))
    };
    assert_eq!(variable(&[], "SECRETS"), None);
    assert_eq!(variable(&[], "HOSTS"), None);
    let arns = format!("{ARN}:a-AbCdEf,{ARN}:b-AbCdEf");
    let given = [("SecretArns", arns.as_str())];
    assert_eq!(variable(&given, "SECRETS"), Some(arns.clone()));
    let read = reached(&of_poll(&given), "secretsmanager:GetSecretValue");
    let expected = [
        format!("{ARN}:drawbridge/stack/*"),
        format!("{ARN}:a-AbCdEf"),
        format!("{ARN}:b-AbCdEf"),
    ];
    assert_eq!(
        read, expected,
        "what the function takes and what it may read"
    );
    let hosts = "gateway.example:8443,9.9.9.9";
    let given = [("AllowedHosts", hosts)];
    assert_eq!(variable(&given, "HOSTS").as_deref(), Some(hosts));
}

/// What the function takes from a document, as the template sets it up.
#[test]
fn a_document_names_what_is_its_own_or_what_a_parameter_lists() {
    let arn = format!("{ARN}:shared-AbCdEf");
    let deployment = Deployment::with(&[("SecretArns", &arn), ("AllowedHosts", "gateway.example")]);
    let trust = Trust::of_a_stack(|name| deployment.variable("Poll", name)).unwrap();
    let none = Deployment::with(&[]);
    let without = Trust::of_a_stack(|name| none.variable("Poll", name)).unwrap();
    let gateway =
        "login_url = \"https://gateway.example\"\ngraph_url = \"https://gateway.example\"";
    for (secret, more, is_taken, is_taken_without) in [
        ("drawbridge/stack/a", "", true, true),
        ("drawbridge/stack/a", gateway, true, false),
        (&arn, "", true, false),
        ("shared", "", false, false),
        ("drawbridge/stack/b", "", false, false),
        ("drawbridge/other/a", "", false, false),
        ("stack/a", "", false, false),
    ] {
        let text = format!(
            "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-000000000002\"\n\
             secret = \"{secret}\"\n{more}"
        );
        let tenant = parse("a", "tenants/a.toml", text.as_bytes()).unwrap();
        let taken = [&trust, &without].map(|trust| trust.check(&tenant).is_ok());
        assert_eq!(taken, [is_taken, is_taken_without], "{secret} {more}");
    }
}

/// The first of the listed secrets is that of the first tenant, if it has one.
#[test]
fn the_first_tenants_secret_is_no_documents() {
    let (first, shared) = (
        format!("{ARN}:first-AbCdEf"),
        format!("{ARN}:shared-AbCdEf"),
    );
    let both = format!("{first},{shared}");
    let given = [
        ("TenantId", "00000000-0000-0000-0000-000000000001"),
        ("ClientId", "00000000-0000-0000-0000-000000000002"),
        ("SecretArns", both.as_str()),
    ];
    let certificate = [("TenantIdentity", "certificate")];
    let federated = [("Federation", "yes")];
    for (parameters, expected) in [
        (given.to_vec(), [false, true]),
        ([&given[..], &certificate].concat(), [false, true]),
        ([&given[..], &federated].concat(), [true, true]),
        (given[2..].to_vec(), [true, true]),
    ] {
        let deployment = Deployment::with(&parameters);
        assert_eq!(deployment.refusals(), [""; 0]);
        let trust = Trust::of_a_stack(|name| deployment.variable("Poll", name)).unwrap();
        // An operator has the same from the stack's outputs.
        let tenants = deployment.variable("Poll", "DRAWBRIDGE_TENANTS");
        if let Some(tenants) = &tenants {
            assert_eq!(deployment.output("FirstTenant"), *tenants);
        }
        let tenants = tenants.unwrap_or_else(|| "[]".to_owned());
        let elsewhere = Trust::of_a_stack_elsewhere(|name| match name {
            "DRAWBRIDGE_TENANTS" => Some(tenants.clone()),
            name => deployment.variable("Poll", name),
        });
        assert_eq!(elsewhere.unwrap(), trust);
        let taken = [&first, &shared].map(|secret| {
            let text = format!(
                "tenant_id = \"t.example\"\nsecret = \"{secret}\"\n\
                 client_id = \"00000000-0000-0000-0000-000000000002\"\n"
            );
            let tenant = parse("evil", "tenants/evil.toml", text.as_bytes()).unwrap();
            trust.check(&tenant).is_ok()
        });
        assert_eq!(taken, expected, "{parameters:?}");
    }
}

/// A relay, which may have a private address, is for the first tenant and for documents that name
/// nothing else.
#[test]
fn a_relay_is_for_all_tenants_that_name_nothing_else() {
    let (login, graph) = ("https://10.0.0.1:8443/login", "https://relay.example/graph");
    let given = [
        ("TenantId", "00000000-0000-0000-0000-000000000001"),
        ("ClientId", "00000000-0000-0000-0000-000000000002"),
        ("Cloud", "gcc-high"),
        ("LoginUrl", login),
        ("GraphUrl", graph),
    ];
    let relay = Endpoints::custom(login.parse().unwrap(), graph.parse().unwrap()).unwrap();
    let deployment = Deployment::with(&given);
    assert_eq!(deployment.refusals(), [""; 0]);
    let trust = Trust::of_a_stack(|name| deployment.variable("Poll", name)).unwrap();
    assert_eq!(trust.endpoints(), Some(&relay));
    for function in ["Poll", "Dispatch"] {
        let tenants = given_tenants(|name| deployment.variable(function, name)).unwrap();
        assert_eq!(tenants[0].endpoints(None), Ok(relay.clone()));
        // What its role's token is for.
        assert_eq!(tenants[0].cloud().unwrap().name(), "gcc-high");
    }
    let without = Deployment::with(&given[..3]);
    let trust = Trust::of_a_stack(|name| without.variable("Poll", name)).unwrap();
    assert_eq!(trust.endpoints(), None);
    let tenants = given_tenants(|name| without.variable("Poll", name)).unwrap();
    let host = tenants[0].endpoints(None).unwrap().graph;
    assert_eq!(host.host_str(), Some("graph.microsoft.us"));
    for half in ["LoginUrl", "GraphUrl"] {
        let refusals = Deployment::with(&[(half, login)]).refusals();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        assert!(
            refusals[0].contains("LoginUrl and GraphUrl"),
            "{refusals:?}"
        );
    }
}

#[test]
fn a_relay_is_a_url_that_secrets_may_go_to() {
    let cases = [
        ("", true),
        ("https://relay.example", true),
        ("https://10.0.0.1:8443/relay/", true),
        ("https://[fd00::1]:8443", true),
        ("http://127.0.0.1:8080/", true),
        ("http://localhost:8080", true),
        ("http://relay.example", false),
        ("http://10.0.0.1", false),
        ("http://127.0.0.1.example", false),
        ("relay.example", false),
        ("https://user@relay.example", false),
        ("https://relay.example/?a=b", false),
        ("https://relay.example\"", false),
    ];
    for parameter in ["LoginUrl", "GraphUrl"] {
        assert_eq!(
            taken(parameter, &cases.map(|case| case.0)),
            cases.map(|case| case.1)
        );
    }
    // None that the function would refuse.
    for (url, _) in cases
        .into_iter()
        .filter(|(url, taken)| *taken && !url.is_empty())
    {
        assert!(Endpoints::custom(url.parse().unwrap(), url.parse().unwrap()).is_ok());
    }
}

/// What says who may act as whom is the administrator's: the function reads it and never writes it.
#[test]
fn the_administrators_list_is_read_and_not_written() {
    let statements = of_poll(&crate::outputs::every_output());
    let (folder, _) = BINDINGS_KEY.split_once('/').unwrap();
    let folder = format!("<Bucket.Arn>/{folder}/*");
    assert!(reached(&statements, "s3:GetObject").contains(&folder));
    let written = reached(&statements, "s3:PutObject");
    for folder in [&folder, "<Bucket.Arn>/tenants/*", "<Bucket.Arn>/*"] {
        assert!(!written.iter().any(|key| key == folder), "{written:?}");
    }
}

/// Whether CloudFormation takes these values for a parameter.
fn taken(parameter: &str, values: &[&str]) -> Vec<bool> {
    const MATCH: &str = "import json, re, sys; pattern, *values = sys.argv[1:]; \
        print(json.dumps([re.fullmatch(pattern, value) is not None for value in values]))";
    let pattern = &transformed()["Parameters"][parameter]["AllowedPattern"];
    let arguments = ["-c", MATCH, pattern.as_str().unwrap()];
    let told = run(python().args(arguments).args(values), "the pattern");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn a_prefix_ends_with_a_slash_and_hosts_are_hosts() {
    let cases = [
        ("", true),
        ("prod/", true),
        ("drawbridge/prod/", true),
        // It would be that of production, too.
        ("prod", false),
        ("/", false),
        ("/prod/", false),
        ("*/", false),
        ("prod/?/", false),
    ];
    assert_eq!(
        taken("SecretPrefix", &cases.map(|case| case.0)),
        cases.map(|case| case.1)
    );
    let cases = [
        ("", true),
        ("gateway.example", true),
        ("gateway.example:8443,9.9.9.9", true),
        ("10.gateway.example,127.example:443,172.32.0.1", true),
        ("127.0.0.1", false),
        ("gateway.example,10.1.2.3:8443", false),
        ("169.254.169.254", false),
        ("172.31.0.1,gateway.example", false),
        ("192.168.1.1", false),
        ("0.0.0.0", false),
        ("https://gateway.example", false),
        ("*.example", false),
        ("a.example, b.example", false),
        ("a.example,", false),
        ("a.example:", false),
    ];
    assert_eq!(
        taken("AllowedHosts", &cases.map(|case| case.0)),
        cases.map(|case| case.1)
    );
}

/// Lambda takes 4 KB of variables, names and all.
#[test]
fn the_longest_parameters_fit_into_the_functions_variables() {
    let longest = |parameter: &str, unit: &str| {
        let most = &transformed()["Parameters"][parameter]["MaxLength"];
        let most = usize::try_from(most.as_u64().unwrap()).unwrap();
        unit.repeat(most / unit.len() + 1)[..most].to_owned()
    };
    let arns = longest(
        "SecretArns",
        &format!("{ARN}:another-team/a-secret-AbCdEf,"),
    );
    let hosts = longest("AllowedHosts", "gateway.example:8443,");
    let relay = longest("LoginUrl", "https://relay.example/");
    assert_eq!(relay, longest("GraphUrl", "https://relay.example/"));
    let prefix = longest("SecretPrefix", "p");
    let name = "n".repeat(64);
    let readers: Vec<_> = drawbridge_queue::READERS
        .iter()
        .map(|reader| reader.name)
        .collect();
    let readers = readers.join(",");
    let parameters = [
        &crate::outputs::every_output()[..],
        &[
            ("TenantId", "00000000-0000-0000-0000-000000000001"),
            ("ClientId", "00000000-0000-0000-0000-000000000002"),
            ("TenantName", &name),
            ("TenantIdentity", "certificate"),
            ("SecretArns", &arns),
            ("AllowedHosts", &hosts),
            ("LoginUrl", &relay),
            ("GraphUrl", &relay),
            ("SecretPrefix", &prefix),
            ("ObjectReaders", &readers),
        ],
    ]
    .concat();
    let resources = Deployment::with(&parameters).resources();
    // Longer than each of them is.
    let url = format!(
        "https://sqs.ap-northeast-1.amazonaws.com/000000000000/{}",
        "q".repeat(64)
    );
    let mut bytes = 0;
    let variables = &resources["Poll"]["Properties"]["Environment"]["Variables"];
    for (name, value) in variables.as_object().unwrap() {
        let mut value = value.as_str().unwrap().to_owned();
        while let Some((before, after)) = value.split_once('<') {
            let (_, after) = after.split_once('>').unwrap();
            value = format!("{before}{url}{after}");
        }
        bytes += name.len() + value.len();
    }
    assert!(bytes <= 4096, "{bytes} bytes");
}
