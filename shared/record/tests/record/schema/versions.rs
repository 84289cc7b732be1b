//! The versions of a format's contract.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A version of a format's contract.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Version {
    /// `MAJOR.MINOR`: the first number is the format's `schema_version`.
    pub(crate) version: String,
    /// The digest of its fields.
    pub(crate) digest: String,
}

/// `docs/schema/versions.toml`: the versions of each format, the oldest first.
#[derive(Debug, Deserialize)]
pub(crate) struct Versions(BTreeMap<String, Vec<Version>>);

impl Versions {
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap()
    }

    pub(crate) fn of(&self, format: &str) -> &[Version] {
        self.0.get(format).map_or(&[], |versions| versions)
    }

    pub(crate) fn newest(&self, format: &str) -> &Version {
        let newest = self.of(format).last();
        newest.unwrap_or_else(|| panic!("docs/schema/versions.toml has no version of {format}"))
    }
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What the changelog must say of a version, so that what an entry stood for cannot be changed in place
/// without changing that line, too.
pub(crate) fn changelog_words(format: &str, version: &Version) -> String {
    let digest = version.digest.get(..8).unwrap_or_default();
    format!("schema `{format}` {} ({digest})", version.version)
}

/// What is wrong with what the changelog says of a version. It has one digest for ever, the first one,
/// too: a line more does not make another one right.
fn line_problem(format: &str, version: &Version, changelog: &str) -> Option<String> {
    let words = changelog_words(format, version);
    let before_digest = words.split_inclusive('(').next().unwrap_or_default();
    let named = changelog.split(before_digest).skip(1);
    let mut others = named.filter(|rest| !format!("{before_digest}{rest}").starts_with(&words));
    if !changelog.contains(&words) {
        return Some(format!("CHANGELOG.md has no line with: {words}"));
    }
    others.next().map(|_| {
        format!(
            "CHANGELOG.md names another digest of {format} {}: what that version was cannot change, add \
             a version",
            version.version
        )
    })
}

/// What is wrong with the versions of a format whose fields have the digest `now`.
pub(crate) fn problem(
    format: &str,
    versions: &[Version],
    schema_version: u32,
    now: &str,
    changelog: &str,
) -> Option<String> {
    let mut before = None;
    for version in versions {
        let Some(number) = numbers(&version.version) else {
            return Some(format!("{format}: {:?} is no version", version.version));
        };
        let follows = match before {
            None => true,
            Some((major, minor)) => number == (major, minor + 1) || number == (major + 1, 0),
        };
        if !follows {
            return Some(format!("{format}: {} does not follow", version.version));
        }
        if let Some(problem) = line_problem(format, version, changelog) {
            return Some(problem);
        }
        before = Some(number);
    }
    let newest = versions.last();
    if newest.is_none_or(|newest| newest.digest != now) {
        return Some(format!(
            "the fields of {format} have changed. Add a version to docs/schema/versions.toml with the \
             digest {now}, and to CHANGELOG.md what changed and the words that this test then asks for"
        ));
    }
    if before.is_some_and(|(major, _)| major != schema_version) {
        return Some(format!(
            "{format}: the schema_version in code is {schema_version}, and the newest version is not of it"
        ));
    }
    None
}

#[test]
fn each_way_around_a_version_is_seen() {
    let version = |version: &str, digest: &str| Version {
        version: version.into(),
        digest: digest.into(),
    };
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let one = [version("1.0", &a)];
    const FIRST: &str = "- schema `siem` 1.0 (aaaaaaaa): versions begin.\n";
    let said = |versions: &[Version], schema_version, now: &str, more: &str| {
        let changelog = format!("{FIRST}{more}");
        problem("siem", versions, schema_version, now, &changelog).unwrap_or_default()
    };
    assert_eq!(said(&one, 1, &a, ""), "");
    // The digest of the first version, too, is what the changelog says, and nothing else.
    assert!(
        problem("siem", &one, 1, &a, "")
            .unwrap()
            .contains("no line with: schema `siem` 1.0 (aaaaaaaa)")
    );
    let in_place = [version("1.0", &b)];
    assert!(said(&in_place, 1, &b, "").contains("no line with: schema `siem` 1.0 (bbbbbbbb)"));
    let more = "- A key more: schema `siem` 1.0 (bbbbbbbb).";
    assert!(said(&in_place, 1, &b, more).contains("names another digest of siem 1.0"));
    // A field changed, and nothing else.
    assert!(said(&one, 1, &b, "").contains("the fields of siem have changed"));
    assert!(said(&[], 1, &b, "").contains("the fields of siem have changed"));
    // A version more, without a line; with one of another digest; with its own.
    for (next, schema_version) in [("1.1", 1), ("2.0", 2)] {
        let two = [version("1.0", &a), version(next, &b)];
        assert!(said(&two, schema_version, &b, "").contains("no line with: schema `siem`"));
        let other = format!("- schema `siem` {next} (cccccccc): x");
        assert!(said(&two, schema_version, &b, &other).contains("no line"));
        let line = format!("- A key more: schema `siem` {next} (bbbbbbbb).");
        assert_eq!(said(&two, schema_version, &b, &line), "");
        // The version in code is another one.
        assert!(said(&two, 3, &b, &line).contains("schema_version in code is 3"));
    }
    let skips = [version("1.0", &a), version("1.2", &b)];
    assert!(said(&skips, 1, &b, "").contains("1.2 does not follow"));
    assert!(said(&[version("one", &a)], 1, &a, "").contains("is no version"));
}
