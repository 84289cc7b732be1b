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

/// What is wrong with the versions of a format whose fields have the digest `now`. The first version is
/// where versions began, and needs no line.
pub(crate) fn problem(
    format: &str,
    versions: &[Version],
    schema_version: u32,
    now: &str,
    changelog: &str,
) -> Option<String> {
    let mut before = None;
    for (n, version) in versions.iter().enumerate() {
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
        let words = changelog_words(format, version);
        if n > 0 && !changelog.contains(&words) {
            return Some(format!("CHANGELOG.md has no line with: {words}"));
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
    let said = |versions: &[Version], schema_version, now: &str, changelog: &str| {
        problem("siem", versions, schema_version, now, changelog).unwrap_or_default()
    };
    assert_eq!(said(&one, 1, &a, ""), "");
    // A field changed, and nothing else.
    assert!(said(&one, 1, &b, "").contains("the fields of siem have changed"));
    assert!(said(&[], 1, &b, "").contains("the fields of siem have changed"));
    // A version more, without a line; with one of another digest; with its own.
    for (next, schema_version) in [("1.1", 1), ("2.0", 2)] {
        let two = [version("1.0", &a), version(next, &b)];
        assert!(said(&two, schema_version, &b, "").contains("no line with: schema `siem`"));
        let other = format!("- schema `siem` {next} (aaaaaaaa): x");
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
