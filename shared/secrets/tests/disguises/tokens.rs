//! What services hand out, each as its maker writes it, and none that was ever in use.

use drawbridge_secrets::{NotBare, check_bare};

use crate::said;

/// A token's maker, and the token.
const TOKENS: &[(&str, &str)] = &[
    ("Splunk HEC", "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8"),
    (
        "Splunk SOAR",
        "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
    ),
    ("Cribl", "Nf8pQ2vX7rT4kL9sW1zB6cY3hJ5mD0gE"),
    ("LogScale", "1d4f7a2c-9b3e-4c58-8a61-5e0f7d2b9c34"),
    // base64 of an id and a key with a colon between them
    (
        "Elastic",
        "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==",
    ),
    (
        "Sumo Logic",
        "ZaVnC4dhaV0pWmRl5nqKb9xQhTmYw2sGfJ7uLrEoXi8DvBcMk3Nt1PzAgHyS6jIUq==",
    ),
    ("Datadog", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    (
        "Datadog, application",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d",
    ),
    ("Grafana", "glsa_Qw3rTy7uIoP1aSdFgH5jKlZxCvBnM0qW_9c8b7a6d"),
    // base64 of {"k":"...","n":"drawbridge","id":1}
    (
        "Grafana, up to version 9",
        "eyJrIjoiT0tTcG1pUlY2RnVKZTFVaDFsNFZXdE9ZWm1ja2ZERVgiLCJuIjoiZHJhd2JyaWRnZSIsImlkIjoxfQ==",
    ),
    ("Entra", "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456"),
    (
        "Entra, before 2021",
        "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
    ),
    (
        "AWS, secret access key",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    ("New Relic", "eu01xxf3a9c7e1b5d8042f6a9c3e7b1d5f80NRAL"),
    ("GitHub", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("GitLab", "glpat-x7uPzJmWvK2oQ1fS9dR0"),
    (
        "Slack",
        "xoxb-263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1",
    ),
    (
        "Vault",
        "hvs.CAESIJ1a2b3c4d5e6f7g8h9i0jKLMNOPQRSTUVWXYZabcdefGh4KHGh2cy5",
    ),
    // base64 of a user and a password
    (
        "Basic",
        "ZHJhd2JyaWRnZTpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl",
    ),
    // base64 of a word and a line's end, as `echo` makes it
    ("echo", "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQo="),
];

/// A JWT as Entra hands it out, with fewer claims.
const JWT: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIng1dCI6ImlteDhfUEdXbE5HYVJlIn0.\
    eyJhdWQiOiJhcGk6Ly9zaWVtIiwiaXNzIjoiaHR0cHM6Ly9zdHMud2luZG93cy5uZXQvIiwic3ViIjoiYSIsInJvbGVzIjpbIldyaXRlIl19.\
    pTyGJMuHbEL31IeL2HPcHyGcFRl1SPnXNYvMIHa_2o76umfXfKm_r5kJP1VrT-1FJors_6ILi8IHn5kxsC7tVO_Hbk\
    Qfyy_KV5zjR3j1twdTKWTddB-XhkAS1voQG6yyzyN9zHYIa4UOrGNATMuDJawTgsu8PO-799nKSNrh9UCauSDmLhuV\
    tcqcYezdZ_tDDj8hYs5suKcNd8Zra9A9sKPxZ9W3qLy7zKUVQDT7S8sTQCBNR3YbDgbleph1QHt61QTC4XATWS8PHp\
    9NHfYjFM5DI4pZj59fhZ5R1Py4oJe2JbmPTuSgR7cMy-UcU3zr1ZtoLuCr64CxqlIOdNKhiA";

/// Tokens of other services, in which an object stands between full stops. No SIEM hands out one, and a
/// document of secrets behind a full stop looks the same.
const REFUSED: [&str; 2] = [
    // Mapbox
    "pk.eyJ1IjoiZXhhbXBsZSIsImEiOiJjazB0ZXN0MDAwMDAwM25vMHRyZWFsIn0.h4Zk9Qw3rTy7uIoP1aSdFg",
    // itsdangerous
    "eyJ1c2VyIjoxfQ.ZqXk1A.3mVb9_Qw3rTy7uIoP1aSdFgH5jK",
];

#[test]
fn what_services_hand_out_is_taken() {
    for (maker, token) in TOKENS {
        let [as_client_secret, as_token] = said(token);
        assert_eq!(as_token, Ok(()), "{maker}");
        assert_eq!(as_client_secret.is_ok(), token.len() <= 64, "{maker}");
        assert_eq!(check_bare(token), Ok(()), "{maker}");
    }
    assert_eq!(check_bare(JWT), Ok(()));
    assert_eq!(said(JWT), [Err(NotBare::Encoded), Ok(())]);
}

#[test]
fn an_object_between_full_stops_is_taken_in_a_jwt_alone() {
    for token in REFUSED {
        assert_eq!(said(token), [Err(NotBare::Json); 2], "{token}");
    }
}
