//! The fields for the documentation, from the tables that make the records.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{ALERT, PATHS};
use super::evidence;
use super::field::{Ecs, NAMES};
use super::property::{Holds, Property, Shape};
use super::record::{ALWAYS, BOTH};
use crate::Field;

/// Every ECS field in the order of the wire, then what is kept below `m365_defender.alert`.
pub(super) fn fields() -> Vec<Field> {
    let sources = Sources::of_all();
    let ecs = NAMES.iter().map(|name| {
        let field = name.field();
        let kind = field.kind.names()[usize::from(field.array)];
        Field {
            name: field.path,
            kind,
            from: sources.of(*name).into(),
            rule: field.rule,
        }
    });
    let kept = ALERT
        .properties()
        .zip(PATHS)
        .filter(|(p, _)| !p.name.is_empty());
    let kept = kept.map(|(property, path)| Field {
        name: path,
        kind: match property.holds {
            Holds::Date => "date",
            Holds::Uri => "object",
            Holds::Object(_) | Holds::Evidence(_) => "object array",
            _ => "text",
        },
        from: format!("`{}`", property.graph).into(),
        rule: match property.holds {
            Holds::Date => "milliseconds",
            Holds::Uri => "`original`, `domain`, `path`, `query`, `scheme`",
            Holds::Json => "as a text of JSON",
            Holds::Evidence(_) => "whole, but for what is null or empty; the names below",
            _ => "",
        },
    });
    let renamed = Field {
        name: "m365_defender.alert.evidence.*",
        kind: "as the name says",
        from: renamed().into(),
        rule: "every other property under Graph's name",
    };
    let unknown = Field {
        name: "m365_defender.alert.*",
        kind: "text",
        from: "any other property, and one whose value does not have its field's type".into(),
        rule: "under Graph's name, a dot as `_`, `_text` after a name of another type; an object as a text of JSON",
    };
    ecs.chain(kept).chain([renamed, unknown]).collect()
}

/// The Graph properties behind each field, in the order of the tables.
struct Sources(BTreeMap<usize, Vec<String>>);

impl Sources {
    fn of_all() -> Self {
        let mut sources = Self(BTreeMap::new());
        sources.add_shape(&ALERT, "");
        for kind in evidence::kinds() {
            sources.add_shape(&kind.shape, &format!("{} ", kind.name));
        }
        sources
    }

    fn add(&mut self, to: Ecs, source: String) {
        let known = self.0.entry(to as usize).or_default();
        if !known.contains(&source) {
            known.push(source);
        }
    }

    fn add_shape(&mut self, shape: &'static Shape, before: &str) {
        for field in shape.whole {
            self.add(*field, format!("{before}as a whole"));
        }
        for (field, _) in shape.constants {
            self.add(*field, before.trim_end().to_owned());
        }
        for made in shape.made {
            for of in made.of {
                self.add(made.to, cell(before, of));
            }
        }
        for property in shape.properties() {
            for field in property.to {
                self.add(*field, cell(before, property.graph));
            }
            if let Holds::Object(inner) = property.holds {
                let (kind, path) = before.split_once(' ').unwrap_or(("", ""));
                let space = if kind.is_empty() { "" } else { " " };
                let before = format!("{kind}{space}{path}{}.", property.graph);
                self.add_shape(inner, &before);
            }
        }
    }

    fn of(&self, name: Ecs) -> String {
        match name {
            Ecs::EventDuration => cells(BOTH),
            Ecs::EventCategory | Ecs::EventType => "every `@odata.type`, `determination`".into(),
            Ecs::ThreatFramework => cells("category, mitreTechniques"),
            Ecs::Timestamp => cells(
                "lastUpdateDateTime, createdDateTime, firstActivityDateTime, lastActivityDateTime",
            ),
            _ => match self.0.get(&(name as usize)) {
                Some(sources) => sources.join(", "),
                None => ALWAYS.into(),
            },
        }
    }
}

/// A kind of evidence and a path in it, such as "device `vmMetadata.vmId`".
fn cell(before: &str, property: &str) -> String {
    match before.split_once(' ') {
        Some((kind, path)) => format!("{kind} `{path}{property}`"),
        None => format!("`{before}{property}`"),
    }
}

fn cells(names: &str) -> String {
    let cells: Vec<String> = names.split(", ").map(|name| format!("`{name}`")).collect();
    cells.join(", ")
}

/// What has another name in evidence than in Graph.
fn renamed() -> String {
    let mut names = BTreeSet::new();
    for kind in evidence::kinds() {
        add_renamed(&kind.shape, "", "", &mut names);
    }
    Vec::from_iter(names).join(", ")
}

fn add_renamed(shape: &'static Shape, graph: &str, kept: &str, names: &mut BTreeSet<String>) {
    for property in shape.properties() {
        let from = format!("{graph}{}", property.graph);
        let to = format!("{kept}{}", kept_path(property));
        if from != to && property.graph != kept_path(property) {
            names.insert(format!("`{from}` → `{to}`"));
        }
        if let Holds::Object(inner) = property.holds {
            add_renamed(inner, &format!("{from}."), &format!("{to}."), names);
        }
    }
}

fn kept_path(property: &Property) -> String {
    match property.group {
        "" => property.name.to_owned(),
        group => format!("{group}.{}", property.name),
    }
}
