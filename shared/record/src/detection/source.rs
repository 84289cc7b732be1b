/// Where a value comes from. Several properties stand in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Properties of the alert.
    Alert(&'static [&'static str]),
    /// Properties of the record's device.
    Device(&'static [&'static str]),
    /// Properties of the record's entity, for the types that have them.
    Entity(&'static [(&'static str, &'static str)]),
    /// A property of the process's account, else of the alert's first user.
    Account(&'static str),
    /// Nothing in Graph: it is made up from what identifies the record.
    Synthesised(&'static str),
    /// Nothing: always empty, and why.
    Never(&'static str),
}

impl Source {
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
            Self::Account(property) => format!(
                "process `userAccount.{property}`, else that of the first `userEvidence` with a name"
            ),
            Self::Synthesised(how) => format!("synthesised: {how}"),
            Self::Never(why) => format!("always empty: {why}"),
        }
    }
}
