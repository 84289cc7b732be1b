//! The data stream that documents are meant for.

use std::borrow::Cow;

/// A data stream of logs in Elasticsearch: `logs-DATASET-NAMESPACE`. Each document names it, for
/// Elastic's own rules ask for the dataset, and an index refuses a document of another stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataStream {
    /// What kind of data it is.
    pub dataset: Cow<'static, str>,
    /// Whose it is.
    pub namespace: Cow<'static, str>,
}

impl DataStream {
    /// That of Elastic's integration in the namespace that everybody starts with.
    pub const DEFAULT: Self = Self {
        dataset: Cow::Borrowed("m365_defender.alert"),
        namespace: Cow::Borrowed("default"),
    };

    /// Why a dataset or a namespace cannot be one, if so: the rules of ECS and Elasticsearch.
    #[must_use]
    pub fn problem(name: &str) -> Option<&'static str> {
        let is_refused = |c: char| {
            c.is_uppercase() || c.is_whitespace() || c.is_control() || "-\\/*?\"<>|,#:".contains(c)
        };
        if name.is_empty() {
            Some("is empty")
        } else if name.len() > MOST_BYTES {
            Some("is longer than 100 bytes")
        } else if name.starts_with(['.', '_', '+']) {
            Some("must not start with a dot, an underscore or a plus sign")
        } else if name.contains(is_refused) {
            Some("must be in lower case, without blanks, hyphens or any of \\ / * ? \" < > | , # :")
        } else {
            None
        }
    }
}

/// As long as Elastic lets either be.
const MOST_BYTES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_elasticsearch_refuses_is_told() {
        for good in [
            "default",
            "m365_defender.alert",
            "contoso",
            "a1",
            &"a".repeat(100),
        ] {
            assert_eq!(DataStream::problem(good), None, "{good}");
        }
        for bad in [
            "",
            "Contoso",
            "a-b",
            "a b",
            "a:b",
            "_a",
            ".a",
            "+a",
            "a\n",
            &"a".repeat(101),
        ] {
            assert!(DataStream::problem(bad).is_some(), "{bad}");
        }
    }
}
