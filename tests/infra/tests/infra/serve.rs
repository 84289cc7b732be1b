//! `serve.yaml`: the one part of Drawbridge that can be reached from the internet.

use serde_json::{Value, json};

use crate::template::{all_resources, file, folder};

fn own() -> &'static Value {
    &file("serve.yaml")["Resources"]
}

/// New URLs need both; with one of them missing, every request is 403.
#[test]
fn the_url_may_be_called_by_everybody_and_the_function_through_it_alone() {
    let url = &own()["Url"]["Properties"];
    assert_eq!(url["AuthType"], "NONE");
    assert_eq!(url["InvokeMode"], "RESPONSE_STREAM");
    let resources = own().as_object().unwrap().values();
    let permissions: Vec<_> = resources
        .filter(|resource| resource["Type"] == "AWS::Lambda::Permission")
        .map(|resource| &resource["Properties"])
        .collect();
    let function = json!({ "Ref": "Serve" });
    let expected = [
        json!({"FunctionName": function, "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
            "FunctionUrlAuthType": "NONE"}),
        json!({"FunctionName": function, "Action": "lambda:InvokeFunction", "Principal": "*",
            "InvokedViaFunctionUrl": true}),
    ];
    assert_eq!(permissions, expected.iter().collect::<Vec<_>>());
}

/// A flood costs no more than these many processes do.
#[test]
fn how_many_requests_are_answered_at_once_is_bounded() {
    let function = &own()["Serve"]["Properties"];
    let reserved = json!({"Fn::If": [
        "HasReserved", {"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}
    ]});
    assert_eq!(function["ReservedConcurrentExecutions"], reserved);
    let parameter = &file("serve.yaml")["Parameters"]["ReservedConcurrency"];
    assert_eq!(
        (&parameter["Default"], &parameter["MinValue"]),
        (&json!(10), &json!(0))
    );
}

#[test]
fn it_reads_documents_and_segments_and_nothing_else() {
    let policies = own()["ServeRole"]["Properties"]["Policies"]
        .as_array()
        .unwrap();
    let statements = policies[0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap();
    let of = |action: &str| -> Vec<&Value> {
        let has = |statement: &&Value| statement["Action"].to_string().contains(action);
        statements.iter().filter(has).collect()
    };
    assert_eq!((policies.len(), statements.len()), (1, 6));
    let place = |below: &str| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:s3:::${{BucketName}}{below}")});
    assert_eq!(of("s3:GetObject")[0]["Action"], "s3:GetObject");
    let read = json!([place("/tenants/*"), place("/served/v1/*")]);
    assert_eq!(of("s3:GetObject")[0]["Resource"], read);
    let list = of("s3:ListBucket")[0];
    assert_eq!(
        (&list["Action"], &list["Resource"]),
        (&json!("s3:ListBucket"), &place(""))
    );
    let condition = json!({"StringLike": {"s3:prefix": ["tenants/", "served/v1/*"]}});
    assert_eq!(list["Condition"], condition);
    // Its own key, by its ARN, where it has one.
    let reads_a_secret = |statement: &&Value| statement.to_string().contains("GetSecretValue");
    let secrets: Vec<_> = statements.iter().filter(reads_a_secret).collect();
    assert_eq!(secrets.len(), 1);
    let own_key = &secrets[0]["Fn::If"];
    assert_eq!(own_key[0], "HasOwnTokens");
    assert_eq!(own_key[1]["Action"], "secretsmanager:GetSecretValue");
    assert_eq!(own_key[1]["Resource"], json!({"Ref": "TokenKey"}));
    let text = json!(statements).to_string();
    for never in [
        "PutObject",
        "DeleteObject",
        "PutSecretValue",
        "sqs:",
        "admin/",
        "state/",
    ] {
        assert!(!text.contains(never), "{never}");
    }
}

/// Without being asked for, there is neither a token endpoint nor a key.
#[test]
fn a_token_endpoint_of_its_own_is_there_only_where_it_is_asked_for() {
    assert_eq!(
        file("serve.yaml")["Parameters"]["OwnTokens"]["Default"],
        "no"
    );
    let key = &own()["TokenKey"];
    assert_eq!(key["Condition"], "HasOwnTokens");
    let variable =
        &own()["Serve"]["Properties"]["Environment"]["Variables"]["DRAWBRIDGE_TOKEN_KEY"];
    let expected =
        json!({"Fn::If": ["HasOwnTokens", {"Ref": "TokenKey"}, {"Ref": "AWS::NoValue"}]});
    assert_eq!(*variable, expected);
    // Made where it lies, of 64 letters and digits, and with what tells it from another stack's.
    let made = &key["Properties"]["GenerateSecretString"];
    assert_eq!(
        (&made["GenerateStringKey"], &made["PasswordLength"]),
        (&json!("key"), &json!(64))
    );
    assert!(
        made["SecretStringTemplate"]
            .to_string()
            .contains("AWS::StackId")
    );
    let outputs = file("serve.yaml")["Outputs"].to_string();
    assert!(!outputs.contains("TokenKey"), "{outputs}");
}

/// The poll function writes the segments, and the bucket forgets them.
#[test]
fn segments_are_written_by_the_poll_function_and_expire() {
    let all = all_resources();
    let role = all["PollRole"]["Properties"].to_string();
    assert!(role.contains("${Bucket.Arn}/served/v1/*"));
    let rules = &all["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"];
    let mut rules = rules.as_array().unwrap().iter();
    let rule = rules.find(|rule| rule["Prefix"] == "served/").unwrap();
    assert_eq!(rule["ExpirationInDays"]["Ref"], "ObjectsRetentionDays");
}

#[test]
fn it_has_the_memory_that_the_costs_are_reckoned_with() {
    let measured = drawbridge_costs::Facts::read().unwrap().measured.stack;
    let memory = &file("serve.yaml")["Parameters"]["MemorySize"]["Default"];
    measured
        .serve_memory_mb
        .check(memory.as_u64().unwrap())
        .unwrap();
}

/// What is the same in both stacks is called the same, and may be the same.
#[test]
fn its_parameters_are_those_of_the_stack_that_polls() {
    let polls = &file("template.yaml")["Parameters"];
    for (name, parameter) in file("serve.yaml")["Parameters"].as_object().unwrap() {
        let other = &polls[name];
        if ![
            "BucketName",
            "ReservedConcurrency",
            "MemorySize",
            "OwnTokens",
        ]
        .contains(&name.as_str())
        {
            for key in ["Default", "AllowedValues", "MaxLength"] {
                assert_eq!(parameter.get(key), other.get(key), "{name}: {key}");
            }
        }
    }
    let text = std::fs::read_to_string(folder().join("serve.yaml")).unwrap();
    assert!(text.lines().count() <= 250, "a page or two");
}
