use super::entity::Kinds;

/// Where a value comes from. Several properties stand in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Properties of the alert.
    Alert(&'static [&'static str]),
    /// Properties of the record's device.
    Device(&'static [&'static str]),
    /// Properties of the record's entity, for the types that have them.
    Entity(&'static [(&'static str, &'static str)]),
    /// The same; for entities of other kinds, another source.
    EntityElse(&'static [(&'static str, &'static str)], &'static Source),
    /// Properties of the other one of the alert's two devices.
    OtherDevice(&'static [&'static str]),
    /// What the user of the record is called: see `docs/record.md`.
    UserName,
    /// A property of the account of the same user.
    OfUser(&'static str),
    /// Nothing in Graph: it is made up from what identifies the record.
    Synthesised(&'static str),
    /// Nothing: always empty, and why.
    Never(&'static str),
}

impl Source {
    /// The kinds of entities whose records can have a value of it.
    pub(crate) const fn kinds(self) -> Kinds {
        match self {
            Self::Entity(properties) => Kinds::named(properties),
            _ => Kinds::ALL,
        }
    }

    /// The source as the documentation shows it.
    pub(crate) fn documented(self) -> String {
        let list = |parts: Vec<String>| parts.join(", ");
        match self {
            Self::Alert(properties) => list(properties.iter().map(|p| format!("`{p}`")).collect()),
            Self::Device(properties) => {
                list(properties.iter().map(|p| format!("device `{p}`")).collect())
            }
            Self::Entity(properties) => {
                let shown = properties.iter().map(|(of, path)| format!("{of} `{path}`"));
                list(shown.collect())
            }
            Self::EntityElse(properties, other) => {
                let own = Self::Entity(properties).documented();
                format!("{own}, else {}", other.documented())
            }
            Self::OtherDevice(properties) => list(
                properties
                    .iter()
                    .map(|p| format!("the other device `{p}`"))
                    .collect(),
            ),
            Self::UserName => "`userAccount.accountName`, `userAccount.userPrincipalName`, \
                               mailbox `upn`, mailbox `primaryAddress`, `userAccount.displayName`, \
                               mailbox `displayName`"
                .into(),
            Self::OfUser(property) => format!("`userAccount.{property}`"),
            Self::Synthesised(how) => format!("synthesised: {how}"),
            Self::Never(why) => format!("always empty: {why}"),
        }
    }
}
