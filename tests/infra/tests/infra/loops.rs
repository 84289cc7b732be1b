//! The loops of the template, and the reader that writes them out for the other tests.

use std::path::Path;

use crate::outputs::{capital, formats};
use crate::template::{EXPAND, FILES, folder, python, run};

/// What the reader says to a template with this fragment in a loop over `Word`.
fn read(name: &str, fragment: &str) -> Result<String, String> {
    let text = format!(
        "Transform: [AWS::LanguageExtensions]\nParameters: {{ Given: {{ Type: String }} }}\n\
         Mappings: {{ Rows: {{ A: {{ Text: a }}, B: {{ Text: b }} }} }}\n\
         Resources:\n  Fn::ForEach::Things:\n    - Word\n    - [A, B]\n    - {fragment}\n"
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loop-{name}.yaml"));
    std::fs::write(&path, text).unwrap();
    let output = python().arg(EXPAND).arg(&path).output().unwrap();
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout).unwrap());
    }
    let complaint = String::from_utf8(output.stderr).unwrap();
    Err(complaint.trim_end().lines().last().unwrap().to_owned())
}

#[test]
fn a_loop_makes_one_of_each() {
    let made = read(
        "made",
        "{ \"${Word}Thing\": { Type: T, Condition: !Ref Word, Text: !FindInMap [Rows, !Ref Word, Text], \
         Other: !GetAtt [!Sub \"${Word}Other\", Arn], Value: { Ref: !Sub \"${Word}Given\" } } }",
    )
    .unwrap();
    for thing in [
        r#""AThing": {"Type": "T", "Condition": "A", "Text": "a", "Other": {"Fn::GetAtt": ["AOther", "Arn"]}, "Value": {"Ref": "AGiven"}}"#,
        r#""BThing": {"Type": "T", "Condition": "B", "Text": "b", "Other": {"Fn::GetAtt": ["BOther", "Arn"]}, "Value": {"Ref": "BGiven"}}"#,
    ] {
        assert!(made.contains(thing), "{made}");
    }
}

/// CloudFormation refuses the first two
/// (<https://github.com/aws-cloudformation/cfn-language-discussion/issues/136> and 135), `first` and
/// `select`; the others do not do what they look like, or stop the SAM CLI.
#[test]
fn a_loop_that_a_tool_on_the_way_would_not_take_is_refused() {
    for (name, fragment, complaint) in [
        (
            "sub",
            "{ \"${Word}Thing\": { Text: !Sub \"${Word} ${Given}\" } }",
            "Fn::Sub takes the loop's word alone",
        ),
        (
            "if",
            "{ \"${Word}Thing\": { Text: !If [!Sub \"Has${Word}\", a, b] } }",
            "Fn::If takes the name of a condition as it stands",
        ),
        (
            "plain",
            "{ \"${Word}Thing\": { Text: \"${Word}\" } }",
            "stays as it stands: write !Sub",
        ),
        (
            "condition",
            "{ \"${Word}Thing\": { Condition: !Sub \"Has${Word}\" } }",
            "Condition is the loop's word",
        ),
        ("twice", "{ Thing: { Type: T } }", "has ${Word} in it"),
        (
            "first",
            "{ \"${Word}Thing\": { Condition: !Ref Word, Type: T } }",
            "Condition comes second or later",
        ),
        (
            "select",
            "{ \"${Word}Thing\": { Text: !Select [1, !Split [\",\", !Ref Given]] } }",
            "the parameter may have nothing to select",
        ),
        (
            "list",
            "{ \"${Word}Thing\": { List: [{ Fn::ForEach::Items: [Item, [a], { \"${Item}\": b }] }] } }",
            "makes conditions, resources and outputs alone",
        ),
    ] {
        let refusal = read(name, fragment).unwrap_err();
        assert!(refusal.contains(complaint), "{name}: {refusal}");
    }
}

/// No loop forgets a format.
#[test]
fn every_loop_is_over_all_formats() {
    let template = std::fs::read_to_string(folder().join(FILES[0])).unwrap();
    let formats: Vec<String> = formats().into_iter().map(capital).collect();
    let of_objects: Vec<String> = formats.iter().map(|it| format!("{it}Objects")).collect();
    let list = |names: &[String]| format!("    - [{}]", names.join(", "));
    let messages = list(&formats);
    let objects = list(&of_objects);
    let mut lines = template.lines();
    let mut loops = Vec::new();
    while lines.any(|line| line.trim_start().starts_with("Fn::ForEach::")) {
        loops.push(lines.nth(1).unwrap());
    }
    let [m, o] = [messages.as_str(), objects.as_str()];
    assert_eq!(loops, [m, m, o, m, o], "conditions, two of each shape");
}

/// The emulated cloud makes nested stacks of their files as they are, without the transforms that
/// they declare.
#[test]
fn the_loops_are_in_the_outermost_file() {
    // What is deployed by itself has transforms, too.
    for file in FILES[1..].iter().filter(|file| **file != "serve.yaml") {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        assert!(!text.contains("\nTransform:"), "{file}");
    }
    let made = run(python().arg(EXPAND).arg(FILES[0]), "writing out the loops");
    assert!(!made.contains("Fn::ForEach"));
}
