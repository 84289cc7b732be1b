//! What CloudFormation makes of the template's functions, as far as the template uses them, for
//! given parameters. What is only known once it is there stands as `<Resource.Attribute>`, with the
//! nested stack before it that the resource is in: `<SiemMessages/Queue.Arn>`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::template::{FILES, file};

/// A template with parameters.
pub(crate) struct Deployment {
    template: &'static Value,
    /// Where it stands: nothing, or the nested stack's logical id and a slash.
    path: String,
    parameters: BTreeMap<String, String>,
}

impl Deployment {
    /// The whole, with these parameters, and the defaults of the others.
    pub(crate) fn with(given: &[(&str, &str)]) -> Self {
        let given = given.iter().map(|(name, value)| (*name, (*value).into()));
        Self::of(FILES[0], String::new(), given)
    }

    fn of<'p>(
        name: &str,
        path: String,
        given: impl IntoIterator<Item = (&'p str, String)>,
    ) -> Self {
        let template = file(name);
        let declared = template["Parameters"].as_object().unwrap();
        let mut parameters: BTreeMap<String, String> = BTreeMap::new();
        for (name, parameter) in declared {
            if let Some(default) = parameter.get("Default") {
                parameters.insert(name.clone(), plain(default));
            }
        }
        for (given, value) in given {
            assert!(declared.contains_key(given), "{name} has no {given}");
            parameters.insert(given.to_owned(), value);
        }
        for declared in declared.keys() {
            assert!(parameters.contains_key(declared), "{name}: no {declared}");
        }
        let stack = format!("stack{}", path.trim_end_matches('/'));
        for (name, value) in [
            ("AWS::StackName", stack.as_str()),
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
        Self {
            template,
            path,
            parameters,
        }
    }

    /// The nested stack that a resource is, if it is one.
    fn nested(&self, id: &str) -> Option<Self> {
        let stack = &self.template["Resources"][id];
        if stack["Type"] != "AWS::CloudFormation::Stack" {
            return None;
        }
        assert!(self.is_made(stack), "{id} is asked for, and not made");
        let properties = &stack["Properties"];
        let given = properties["Parameters"].as_object().unwrap();
        let given = given
            .iter()
            .map(|(name, value)| (name.as_str(), plain(&self.of_value(value).unwrap())));
        let name = properties["TemplateURL"].as_str().unwrap();
        Some(Self::of(name, format!("{}{id}/", self.path), given))
    }

    fn is_made(&self, resource: &Value) -> bool {
        let condition = resource["Condition"].as_str();
        condition.is_none_or(|condition| self.holds(condition))
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, condition: &str) -> bool {
        self.is_true(&self.template["Conditions"][condition])
    }

    /// The resources that are made, with everything in them worked out: those of nested stacks too.
    pub(crate) fn resources(&self) -> Map<String, Value> {
        let mut found = Map::new();
        for (id, resource) in self.template["Resources"].as_object().unwrap() {
            if !self.is_made(resource) {
                continue;
            }
            if let Some(nested) = self.nested(id) {
                found.extend(nested.resources());
            }
            let made = self.of_value(resource).unwrap();
            found.insert(format!("{}{id}", self.path), made);
        }
        found
    }

    /// What CloudFormation says to these parameters in the place of making a stack of them.
    pub(crate) fn refusals(&self) -> Vec<&'static str> {
        let rules = self.template["Rules"].as_object().unwrap().values();
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
        let function = &self.template["Resources"][function];
        let value = function["Properties"]["Environment"]["Variables"].get(name)?;
        self.of_value(value).map(|value| plain(&value))
    }

    /// The outputs of the stack that there are.
    pub(crate) fn outputs(&self) -> BTreeMap<&'static str, String> {
        let outputs = self.template["Outputs"].as_object().unwrap();
        let made = outputs.iter().filter(|(_, output)| self.is_made(output));
        made.map(|(name, output)| (name.as_str(), self.text(&output["Value"])))
            .collect()
    }

    /// An output of the stack.
    pub(crate) fn output(&self, name: &str) -> String {
        let output = &self.template["Outputs"][name];
        assert!(self.is_made(output), "{}{name} is not there", self.path);
        self.text(&output["Value"])
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
            // Of rules alone: a list of words, and a parameter that may be one of them.
            "Fn::Contains" => {
                let word = self.text(&list.unwrap()[1]);
                let words = list.unwrap()[0].as_array().unwrap();
                words.iter().any(|known| *known == word)
            }
            "Fn::And" => list.unwrap().iter().all(|inner| self.is_true(inner)),
            "Fn::Or" => list.unwrap().iter().any(|inner| self.is_true(inner)),
            other => panic!("no condition is made with {other}"),
        }
    }

    /// A value, or none for `AWS::NoValue`.
    fn of_value(&self, value: &Value) -> Option<Value> {
        if let Some((name, argument)) = function(value) {
            return self.call(name, argument);
        }
        Some(match value {
            Value::Array(list) => list
                .iter()
                .filter_map(|inner| self.of_value(inner))
                .collect(),
            Value::Object(map) => map
                .iter()
                .filter_map(|(name, inner)| Some((name.clone(), self.of_value(inner)?)))
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
                self.attribute(&path.join(".")).into()
            }
            "Fn::If" => {
                let holds = self.holds(list(0).as_str().unwrap());
                return self.of_value(list(if holds { 1 } else { 2 }));
            }
            "Fn::Join" => {
                let parts = self.of_value(list(1))?;
                let parts = parts.as_array()?.iter();
                let parts: Vec<_> = parts.map(|part| part.as_str().unwrap()).collect();
                parts.join(list(0).as_str().unwrap()).into()
            }
            "Fn::Select" => {
                let n = list(0).as_u64().unwrap();
                self.of_value(list(1))?[usize::try_from(n).unwrap()].clone()
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
                (None, None) if name.contains('.') => made.push_str(&self.attribute(name)),
                (None, None) => made.push_str(&self.reference(name)),
            }
            rest = behind;
        }
        made + rest
    }

    fn reference(&self, name: &str) -> String {
        let parameter = self.parameters.get(name).cloned();
        parameter.unwrap_or_else(|| format!("<{}{name}>", self.path))
    }

    /// An attribute of a resource; that of a nested stack is its output.
    fn attribute(&self, name: &str) -> String {
        if let Some((id, output)) = name.split_once(".Outputs.") {
            return self.nested(id).unwrap().output(output);
        }
        format!("<{}{name}>", self.path)
    }

    fn text(&self, value: &Value) -> String {
        match self.of_value(value) {
            Some(Value::String(text)) => text,
            other => panic!("this is no text: {other:?}"),
        }
    }
}

/// A parameter is a text, whatever it was written as.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A function's name and its argument.
fn function(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, argument) = map.iter().next()?;
    let is_function = name.starts_with("Fn::") || name == "Ref" || name == "Condition";
    (is_function && !(name == "Condition" && argument.is_object())).then_some((name, argument))
}
