//! The words by which a tenant's alerts are picked. One that Graph does not know picks nothing, for
//! ever and without an error: so a slip is refused where it is written.

use drawbridge_document::nearest;

/// The products that Graph v1.0 names in `serviceSource`.
pub const KNOWN_SERVICE_SOURCES: [&str; 14] = [
    "unknown",
    "microsoftDefenderForEndpoint",
    "microsoftDefenderForIdentity",
    "microsoftDefenderForCloudApps",
    "microsoftDefenderForOffice365",
    "microsoft365Defender",
    "azureAdIdentityProtection",
    "microsoftAppGovernance",
    "dataLossPrevention",
    "microsoftDefenderForCloud",
    "microsoftSentinel",
    "microsoftInsiderRiskManagement",
    "microsoftThreatIntelligence",
    "microsoftSecurityForAI",
];

/// The severities that Graph v1.0 names in `alertSeverity`.
pub const KNOWN_SEVERITIES: [&str; 5] = ["unknown", "informational", "low", "medium", "high"];

/// What is wrong with the first of the `given` words that is not among the `known` ones; `None` if all
/// are. A word may be a secret in the wrong place, and is not repeated.
pub(crate) fn unknown_word(given: &[String], known: &[&str]) -> Option<String> {
    let (at, word) = given
        .iter()
        .enumerate()
        .find(|(_, word)| !known.contains(&word.as_str()))?;
    let meant = nearest(word, known.iter().copied());
    let meant = meant.map_or_else(String::new, |word| format!("; did you mean {word:?}?"));
    let which = match given.len() {
        1 => "names a word".to_owned(),
        _ => format!("names as number {} a word", at + 1),
    };
    let ended = if meant.is_empty() { ". " } else { " " };
    Some(format!(
        "{which} that Graph does not know, so that no alert would ever match it{meant}{ended}Graph \
         knows {}. A word that is new in Graph passes with allow_unknown = true \
         (on the command line --allow-unknown)",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_words_are_those_of_graphs_schema() {
        let facts = include_str!("../../alert/tests/facts/graph.json");
        let facts: Value = serde_json::from_str(facts).unwrap();
        for (name, words) in [
            ("serviceSource", &KNOWN_SERVICE_SOURCES[..]),
            ("alertSeverity", &KNOWN_SEVERITIES[..]),
        ] {
            let members = facts["enumerations"][name]["members"].as_array().unwrap();
            // A mark within the schema, and the value of no alert.
            let members = members.iter().filter(|word| *word != "unknownFutureValue");
            let members: Vec<_> = members.map(|word| word.as_str().unwrap()).collect();
            assert_eq!(members, words, "{name}");
        }
    }

    #[test]
    fn a_slip_is_told_with_the_nearest_word_and_not_repeated() {
        for (given, known, meant) in [
            (
                "microsoftDefenderForEndpoints",
                &KNOWN_SERVICE_SOURCES[..],
                "microsoftDefenderForEndpoint",
            ),
            (
                "microsoftdefenderforidentity",
                &KNOWN_SERVICE_SOURCES,
                "microsoftDefenderForIdentity",
            ),
            (
                "defenderForEndpoint",
                &KNOWN_SERVICE_SOURCES,
                "microsoftDefenderForEndpoint",
            ),
            (
                "DefenderForCloudApps",
                &KNOWN_SERVICE_SOURCES,
                "microsoftDefenderForCloudApps",
            ),
            (
                "microsoftDefenderForOffice",
                &KNOWN_SERVICE_SOURCES,
                "microsoftDefenderForOffice365",
            ),
            (
                "MicrosoftSentinel",
                &KNOWN_SERVICE_SOURCES,
                "microsoftSentinel",
            ),
            ("High", &KNOWN_SEVERITIES, "high"),
            ("info", &KNOWN_SEVERITIES, "informational"),
            ("med", &KNOWN_SEVERITIES, "medium"),
            ("hgih", &KNOWN_SEVERITIES, "high"),
        ] {
            let said = unknown_word(&[given.to_owned()], known).unwrap();
            assert!(
                said.contains(&format!("did you mean {meant:?}?")),
                "{given}: {said}"
            );
        }
        let said =
            unknown_word(&["low".to_owned(), "hunter2".to_owned()], &KNOWN_SEVERITIES).unwrap();
        assert!(
            said.contains("number 2") && said.contains("allow_unknown"),
            "{said}"
        );
        assert!(
            !said.contains("hunter2") && !said.contains("did you mean"),
            "{said}"
        );
        assert_eq!(unknown_word(&["low".to_owned()], &KNOWN_SEVERITIES), None);
    }
}
