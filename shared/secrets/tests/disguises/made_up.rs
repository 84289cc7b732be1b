//! Client secrets as Entra makes them and made them: by a generator with a seed, every one is taken.

use drawbridge_secrets::check_client_secret;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use secrecy::SecretString;

const LETTERS_AND_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";

const OF_EACH: usize = 4_000;

/// So many characters, of letters, digits and these.
fn random(marks: &str, characters: usize) -> impl Strategy<Value = String> + use<> {
    of(format!("{LETTERS_AND_DIGITS}{marks}"), characters)
}

fn of(alphabet: impl Into<String>, characters: usize) -> impl Strategy<Value = String> {
    let alphabet: Vec<char> = alphabet.into().chars().collect();
    vec(select(alphabet), characters).prop_map(|all| all.into_iter().collect())
}

/// Each kind, and how it is made.
fn kinds() -> Vec<(&'static str, BoxedStrategy<String>)> {
    let new = |behind| {
        let parts = (
            random("_~.-", 3),
            of("0123456789", 1),
            random("_~.-", behind),
        );
        parts
            .prop_map(|(a, digit, b)| format!("{a}{digit}Q~{b}"))
            .boxed()
    };
    let guid = of(HEX, 32).prop_map(|hex| {
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex[part].to_owned());
        parts.join("-")
    });
    vec![
        ("since 2021", new(34)),
        ("the same, shorter", new(31)),
        ("of the command line", random("_~.-", 34).boxed()),
        ("2019 to 2021", random("=/+:?@*._[]-", 32).boxed()),
        (
            "before 2019",
            random("+/", 43).prop_map(|text| text + "=").boxed(),
        ),
        ("a GUID", guid.boxed()),
    ]
}

fn checked(text: &str) -> bool {
    check_client_secret(&SecretString::from(text)).is_ok()
}

#[test]
fn every_client_secret_that_entra_makes_is_taken() {
    let mut runner = TestRunner::deterministic();
    for (kind, secret) in kinds() {
        for _ in 0..OF_EACH {
            let text = secret.new_tree(&mut runner).unwrap().current();
            assert!(checked(&text), "{kind}: {text}");
        }
    }
}

#[test]
fn none_is_taken_with_a_name_in_front_of_it() {
    let mut runner = TestRunner::deterministic();
    let name = "[A-Za-z_][A-Za-z0-9_.-]{0,12}( ?[=:] ?|\\?=)";
    let name = proptest::string::string_regex(name).unwrap();
    for (kind, secret) in kinds() {
        for _ in 0..OF_EACH / 10 {
            let name = name.new_tree(&mut runner).unwrap().current();
            let text = secret.new_tree(&mut runner).unwrap().current();
            assert!(!checked(&format!("{name}{text}")), "{kind}: {name}{text}");
        }
    }
}
