//! What CloudFormation makes of the template's functions, as far as the template uses them, for
//! given parameters. What is only known once it is there stands as `<Resource.Attribute>`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::template::transformed;

/// The template with parameters.
pub(crate) struct Deployment {
    parameters: BTreeMap<String, String>,
}

impl Deployment {
    /// With these parameters, and the defaults of the others.
    pub(crate) fn with(given: &[(&str, &str)]) -> Self {
        let mut parameters: BTreeMap<String, String> = BTreeMap::new();
        for (name, parameter) in transformed()["Parameters"].as_object().unwrap() {
            let default = match &parameter["Default"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            parameters.insert(name.clone(), default);
        }
        for (name, value) in given {
            let known = parameters.insert((*name).to_owned(), (*value).to_owned());
            assert!(known.is_some(), "there is no parameter {name}");
        }
        for (name, value) in [
            ("AWS::StackName", "stack"),
            (
                "AWS::StackId",
                "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/0-1-2",
            ),
            ("AWS::Region", "us-east-1"),
            ("AWS::AccountId", "000000000000"),
            ("AWS::Partition", "aws"),
        ] {
            parameters.insert(name.to_owned(), value.to_owned());
        }
        Self { parameters }
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, condition: &str) -> bool {
        self.is_true(&transformed()["Conditions"][condition])
    }

    /// The resources that are made, with everything in them worked out.
    pub(crate) fn resources(&self) -> Map<String, Value> {
        let all = transformed()["Resources"].as_object().unwrap();
        let made = all.iter().filter(|(_, resource)| {
            let condition = resource["Condition"].as_str();
            condition.is_none_or(|condition| self.holds(condition))
        });
        made.map(|(id, resource)| (id.clone(), self.of(resource).unwrap()))
            .collect()
    }

    /// What CloudFormation says to these parameters in the place of making a stack of them.
    pub(crate) fn refusals(&self) -> Vec<&'static str> {
        let rules = transformed()["Rules"].as_object().unwrap().values();
        let asked = rules.filter(|rule| {
            let condition = rule.get("RuleCondition");
            condition.is_none_or(|condition| self.is_true(condition))
        });
        asked
            .flat_map(|rule| rule["Assertions"].as_array().unwrap())
            .filter(|assertion| !self.is_true(&assertion["Assert"]))
            .map(|assertion| assertion["AssertDescription"].as_str().unwrap())
            .collect()
    }

    /// A variable of a function's environment; none if it is not set.
    pub(crate) fn variable(&self, function: &str, name: &str) -> Option<String> {
        let resources = self.resources();
        let variables = &resources[function]["Properties"]["Environment"]["Variables"];
        variables
            .get(name)
            .map(|value| value.as_str().unwrap().to_owned())
    }

    /// An output of the stack.
    pub(crate) fn output(&self, name: &str) -> String {
        self.text(&transformed()["Outputs"][name]["Value"])
    }

    fn is_true(&self, condition: &Value) -> bool {
        let (name, argument) = function(condition).unwrap();
        let list = argument.as_array();
        match name {
            "Condition" => self.holds(argument.as_str().unwrap()),
            "Fn::Equals" => {
                let [a, b] = [0, 1].map(|n| self.text(&list.unwrap()[n]));
                a == b
            }
            "Fn::Not" => !self.is_true(&list.unwrap()[0]),
            "Fn::And" => list.unwrap().iter().all(|inner| self.is_true(inner)),
            "Fn::Or" => list.unwrap().iter().any(|inner| self.is_true(inner)),
            other => panic!("no condition is made with {other}"),
        }
    }

    /// A value, or none for `AWS::NoValue`.
    fn of(&self, value: &Value) -> Option<Value> {
        if let Some((name, argument)) = function(value) {
            return self.call(name, argument);
        }
        Some(match value {
            Value::Array(list) => list.iter().filter_map(|inner| self.of(inner)).collect(),
            Value::Object(map) => map
                .iter()
                .filter_map(|(name, inner)| Some((name.clone(), self.of(inner)?)))
                .collect(),
            other => other.clone(),
        })
    }

    fn call(&self, name: &str, argument: &Value) -> Option<Value> {
        let list = |n: usize| &argument[n];
        Some(match name {
            "Ref" if argument == "AWS::NoValue" => return None,
            "Ref" => self.reference(argument.as_str().unwrap()).into(),
            "Fn::GetAtt" => {
                let parts = argument.as_array().unwrap().iter();
                let path: Vec<_> = parts.map(|part| part.as_str().unwrap()).collect();
                format!("<{}>", path.join(".")).into()
            }
            "Fn::If" => {
                let holds = self.holds(list(0).as_str().unwrap());
                return self.of(list(if holds { 1 } else { 2 }));
            }
            "Fn::Join" => {
                let parts = self.of(list(1))?;
                let parts = parts.as_array()?.iter();
                let parts: Vec<_> = parts.map(|part| part.as_str().unwrap()).collect();
                parts.join(list(0).as_str().unwrap()).into()
            }
            "Fn::Select" => {
                let n = list(0).as_u64().unwrap();
                self.of(list(1))?[usize::try_from(n).unwrap()].clone()
            }
            "Fn::Split" => {
                let text = self.text(list(1));
                let parts = text.split(list(0).as_str().unwrap());
                parts.map(Value::from).collect()
            }
            "Fn::Sub" => self.substituted(argument).into(),
            other => panic!("{other} is not worked out here"),
        })
    }

    fn substituted(&self, argument: &Value) -> String {
        let (text, own) = match argument {
            Value::String(text) => (text.as_str(), None),
            list => (list[0].as_str().unwrap(), list[1].as_object()),
        };
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let (name, behind) = after.split_once('}').unwrap();
            match (name.strip_prefix('!'), own.and_then(|own| own.get(name))) {
                (Some(literal), _) => made.push_str(&format!("${{{literal}}}")),
                (None, Some(value)) => made.push_str(&self.text(value)),
                (None, None) => made.push_str(&self.reference(name)),
            }
            rest = behind;
        }
        made + rest
    }

    fn reference(&self, name: &str) -> String {
        let parameter = self.parameters.get(name).cloned();
        parameter.unwrap_or_else(|| format!("<{name}>"))
    }

    fn text(&self, value: &Value) -> String {
        match self.of(value) {
            Some(Value::String(text)) => text,
            other => panic!("this is no text: {other:?}"),
        }
    }
}

/// A function's name and its argument.
fn function(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, argument) = map.iter().next()?;
    let is_function = name.starts_with("Fn::") || name == "Ref" || name == "Condition";
    (is_function && !(name == "Condition" && argument.is_object())).then_some((name, argument))
}
