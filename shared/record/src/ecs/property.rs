//! What is known of a Graph property: the name that Elastic keeps it under, the type of that field,
//! and the ECS fields that it fills.

use super::field::Ecs;
use super::name::ODATA_TYPE;

/// One property of a Graph object.
pub(super) struct Property {
    /// Graph's name.
    pub(super) graph: &'static str,
    /// The object that Elastic puts it into; empty for none.
    pub(super) group: &'static str,
    /// Elastic's name, or Graph's where Elastic leaves it; empty where the ECS fields say it all.
    pub(super) name: &'static str,
    /// What it is kept as.
    pub(super) holds: Holds,
    /// The ECS fields that it fills.
    pub(super) to: &'static [Ecs],
}

/// What a property is kept as; of a list, what each of its items is. It is the type of the field in
/// an index, so that a name has the same one wherever it stands.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    /// Text, whatever Graph sends: a number or a truth value as its text, an object as a text of
    /// JSON.
    Text,
    /// A whole number.
    Long,
    /// A number with a fraction.
    Float,
    /// True or false.
    Flag,
    /// A time, in milliseconds.
    Date,
    /// An IP address.
    Ip,
    /// A URL, in its parts.
    Uri,
    /// A dictionary with keys of the tenant's own: one text of JSON, so that no key of one alert
    /// can be at odds with that of another in the mapping of an index.
    Json,
    /// An object.
    Object(&'static Shape),
    /// A piece of evidence of that kind, unless it names another.
    Evidence(&'static str),
}

impl Holds {
    /// Whether its field takes any text.
    pub(super) const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Json)
    }
}

/// What is known of a Graph object.
pub(super) struct Shape {
    /// Its own properties.
    pub(super) own: &'static [Property],
    /// Those that it inherits.
    pub(super) base: &'static [Property],
    /// The groups among its properties.
    pub(super) groups: &'static [&'static str],
    /// The ECS fields that are read from the object as a whole.
    pub(super) whole: &'static [Ecs],
    /// The ECS fields whose value follows from the kind of object.
    pub(super) constants: &'static [(Ecs, &'static str)],
    /// The ECS fields that are made of several properties.
    pub(super) made: &'static [Made],
    /// Names that no text may have, beside those of the properties: Elastic's mapping has another
    /// type for them.
    pub(super) reserved: &'static [&'static str],
}

/// An ECS field that is made of several properties.
pub(super) struct Made {
    pub(super) to: Ecs,
    pub(super) how: How,
    /// The properties; a dot steps into an object.
    pub(super) of: &'static [&'static str],
}

/// How several properties become one value.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// The first that is there.
    First,
    /// A path; the first two must be there.
    Path,
    /// Elastic's fingerprint of all of them.
    Fingerprint,
}

impl Shape {
    /// An object with no properties but these.
    pub(super) const fn plain(own: &'static [Property]) -> Self {
        Self {
            own,
            base: &[],
            groups: &[],
            whole: &[],
            constants: &[],
            made: &[],
            reserved: &[],
        }
    }

    /// A piece of evidence with these properties of its own.
    pub(super) const fn evidence(own: &'static [Property]) -> Self {
        Self {
            base: BASE,
            ..Self::plain(own)
        }
    }

    /// All properties.
    pub(super) fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.base.iter().chain(self.own)
    }

    /// The property of that name, with its number. The search starts from `next` and moves it on:
    /// the tables have Graph's order, in which the next property is nearly always the one.
    pub(super) fn find(&self, name: &str, next: &mut usize) -> Option<(u32, &'static Property)> {
        let count = self.own.len() + self.base.len();
        for at in (*next..count).chain(0..*next) {
            let property = match self.base.get(at) {
                Some(property) => property,
                None => self.own.get(at - self.base.len())?,
            };
            if property.graph == name {
                *next = at + 1;
                return Some((at as u32, property));
            }
        }
        None
    }

    /// Whether a name is one of the names that properties are kept under.
    pub(super) fn keeps(&self, name: &str) -> bool {
        self.groups.contains(&name)
            || self
                .properties()
                .any(|p| p.group.is_empty() && p.name == name && p.graph != name)
    }

    /// The names of the fields that take something else than text.
    pub(super) fn no_texts(&self) -> impl Iterator<Item = &'static str> {
        let own = self.properties().filter(|property| {
            property.group.is_empty() && !property.name.is_empty() && !property.holds.is_text()
        });
        own.map(|property| property.name)
            .chain(self.groups.iter().copied())
    }
}

/// What every piece of evidence has.
static BASE: &[Property] = &[
    kept(ODATA_TYPE, "odata_type", Holds::Text, &[]),
    kept("createdDateTime", "created_datetime", Holds::Date, &[]),
    same("verdict", &[]),
    kept("remediationStatus", "remediation_status", Holds::Text, &[]),
    kept(
        "remediationStatusDetails",
        "remediation_status_details",
        Holds::Text,
        &[],
    ),
    same("roles", &[]),
    kept("detailedRoles", "detailed_roles", Holds::Text, &[]),
    same("tags", &[]),
];

/// A property under Elastic's name.
pub(super) const fn kept(
    graph: &'static str,
    name: &'static str,
    holds: Holds,
    to: &'static [Ecs],
) -> Property {
    Property {
        graph,
        group: "",
        name,
        holds,
        to,
    }
}

/// A property that keeps Graph's name, and its type.
pub(super) const fn typed(graph: &'static str, holds: Holds, to: &'static [Ecs]) -> Property {
    kept(graph, graph, holds, to)
}

/// A text that keeps Graph's name.
pub(super) const fn same(graph: &'static str, to: &'static [Ecs]) -> Property {
    kept(graph, graph, Holds::Text, to)
}

/// A property that Elastic puts into an object of its own making.
pub(super) const fn grouped(
    graph: &'static str,
    (group, name): (&'static str, &'static str),
    holds: Holds,
    to: &'static [Ecs],
) -> Property {
    Property {
        graph,
        group,
        name,
        holds,
        to,
    }
}
