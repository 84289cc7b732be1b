//! Two values of a key, the old one beside the new one.

use drawbridge_record::siem::KEYS;
use serde::Serialize;
use serde_json::Value;

use crate::row::{Row, is_empty};
use crate::{alert_id, instant, keys};

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both are empty, and written alike or absent.
    Empty,
    /// The same text, number or flag.
    Same,
    /// The same, otherwise written.
    Spelling(Spelling),
    /// It was empty and no longer is.
    Filled,
    /// It was filled and is empty.
    Emptied,
    /// Another value.
    Different,
}

/// How the same is written otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// What is empty is `null` on one side and `""` on the other.
    Nothing,
    /// Capitals and small letters.
    Case,
    /// Spaces and line breaks.
    Spaces,
    /// A number, or true and false, as text on one side.
    AsText,
    /// An instant with another zone, number of digits or notation.
    TimeNotation,
    /// An instant with fewer digits on one side, cut or rounded, so that the rest of it is lost there.
    TimePrecision,
    /// A time that lost its zone: whole quarters of an hour lie between the two.
    TimeZone,
    /// An old time in a notation that is not read here, so that the two were not compared.
    TimeUnread,
    /// A list with another separator or order.
    List,
    /// A path with other separators, or one at its end.
    PathSeparator,
    /// A file's path with its name on one side and the directory alone on the other.
    Path,
    /// An account with its domain on one side.
    Account,
    /// A host with its domain on one side.
    Host,
    /// An alert's id with the two letters of the product on one side.
    IdPrefix,
}

impl Spelling {
    /// What differs, in words, and what a rule has to do about it.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Nothing => ("null or \"\"", "test for both null and the empty text"),
            Self::Case => ("upper and lower case", "ignore case"),
            Self::Spaces => ("spaces and line breaks", "do not compare them"),
            Self::AsText => (
                "a number or flag as text",
                "compare the value, not its type",
            ),
            Self::TimeNotation => (
                "the notation of a time",
                "parse it and compare instants, not texts",
            ),
            Self::TimePrecision => (
                "the digits of a time",
                "compare no more of it than both sides have, and allow for rounding",
            ),
            Self::TimeZone => (
                "a time without its zone",
                "read the new one as UTC, and the old one in the zone of the export",
            ),
            Self::TimeUnread => (
                "a time that cannot be read here",
                "it was not compared; export it as 2023-04-01T06:07:08Z",
            ),
            Self::List => (
                "the separator or order of a list",
                "split at `;` and compare the parts",
            ),
            Self::PathSeparator => (
                "the separators of a path",
                "take `/` for `\\`, and leave one at the end out",
            ),
            Self::Path => (
                "a path with or without the file's name",
                "join FilePath and FileName",
            ),
            Self::Account => (
                "an account with or without its domain",
                "compare the name without the domain",
            ),
            Self::Host => (
                "a host with or without its domain",
                "compare what stands before the first dot",
            ),
            Self::IdPrefix => (
                "the two letters before an alert's id",
                "leave two letters at its beginning out, of old and new ids",
            ),
        }
    }
}

/// Compares the values of key `n`.
pub(crate) fn compare(n: usize, old: &Row, new: &Row) -> Outcome {
    let (a, b) = (old.get(n), new.get(n));
    match (is_empty(a), is_empty(b)) {
        (true, true) => match (a, b) {
            (Some(a), Some(b)) if a != b => Outcome::Spelling(Spelling::Nothing),
            _ => Outcome::Empty,
        },
        (true, false) => Outcome::Filled,
        (false, true) => Outcome::Emptied,
        (false, false) if a == b => Outcome::Same,
        (false, false) => {
            let (Some(a), Some(b)) = (a, b) else {
                return Outcome::Different;
            };
            spelling(n, a, b, [old, new]).map_or(Outcome::Different, Outcome::Spelling)
        }
    }
}

fn spelling(n: usize, old: &Value, new: &Value, rows: [&Row; 2]) -> Option<Spelling> {
    let (a, b) = (text(old), text(new));
    if a == b {
        return Some(if old.is_array() || new.is_array() {
            Spelling::List
        } else {
            Spelling::AsText
        });
    }
    let (a_low, b_low) = (a.to_lowercase(), b.to_lowercase());
    if a_low == b_low {
        return Some(if old.is_string() && new.is_string() {
            Spelling::Case
        } else {
            Spelling::AsText
        });
    }
    if keys::is_list(n) && parts(&a_low) == parts(&b_low) {
        return Some(Spelling::List);
    }
    if KEYS[n].name == "LogOnUsers" && are_of_the_same_accounts(&a_low, &b_low) {
        return Some(Spelling::Account);
    }
    if without_spaces(&a_low) == without_spaces(&b_low) {
        return Some(Spelling::Spaces);
    }
    let name = KEYS[n].name;
    let has_time = matches!(name, "AlertTime" | "LastProcessedTimeUtc");
    if has_time {
        // A new time that cannot be read is another value: the old one could be.
        return match instant::read(&a) {
            None => Some(Spelling::TimeUnread),
            Some(_) => instant::spelling(&a, &b),
        };
    }
    match name {
        "FilePath" => {
            let ended = |path: &str| path.replace('/', "\\").trim_end_matches('\\').to_owned();
            if ended(&a_low) == ended(&b_low) {
                return Some(Spelling::PathSeparator);
            }
            let joins = |directory: &str, path: &str, row: &Row| {
                let file = row.text("FileName").to_lowercase();
                let rest = path.strip_prefix(directory.trim_end_matches(['\\', '/']));
                !file.is_empty()
                    && rest.is_some_and(|rest| rest.trim_start_matches(['\\', '/']) == file)
            };
            let is_joined = joins(&b_low, &a_low, rows[0]) || joins(&a_low, &b_low, rows[1]);
            is_joined.then_some(Spelling::Path)
        }
        "UserName" => {
            let is_short = [&a_low, &b_low]
                .into_iter()
                .any(|user| account(user) == user);
            let is_same = is_short && account(&a_low) == account(&b_low);
            let stated = [&a_low, &b_low].map(|user| domain_of_account(user));
            (is_same && may_share_domain(stated, "UserDomain", rows)).then_some(Spelling::Account)
        }
        "ComputerDnsName" | "MachineName" => {
            let is_short = !a.contains('.') || !b.contains('.');
            let is_same = is_short && label(&a_low) == label(&b_low);
            let stated =
                [&a_low, &b_low].map(|host| host.split_once('.').map(|(_, domain)| domain));
            (is_same && may_share_domain(stated, "MachineDomain", rows)).then_some(Spelling::Host)
        }
        "AlertId" => (alert_id::without_prefix(&a) == alert_id::without_prefix(&b))
            .then_some(Spelling::IdPrefix),
        _ => None,
    }
}

/// A value as text; the parts of a list joined as the record joins them.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(";"),
        value => value.to_string(),
    }
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The parts of a list in an order of their own.
pub(crate) fn parts(list: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = list
        .split([';', ',', '|', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// The account's name in `domain\name` and `name@domain`.
fn account(user: &str) -> &str {
    let user = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    user.split_once('@').map_or(user, |(name, _)| name)
}

/// Whether two lists are of the same accounts, each with its domain on one side or alike on both.
fn are_of_the_same_accounts(old: &str, new: &str) -> bool {
    let [old, new] = [old, new].map(|list| {
        let mut users = parts(list);
        users.sort_by_key(|user| (account(user), *user));
        users
    });
    let are_same = |(a, b): (&&str, &&str)| {
        a == b || account(a) == account(b) && (account(a) == *a || account(b) == *b)
    };
    old.len() == new.len() && old.iter().zip(&new).all(are_same)
}

/// The domain in `domain\name` and `name@domain`.
fn domain_of_account(user: &str) -> Option<&str> {
    let before = user.rsplit_once('\\').map(|(domain, _)| domain);
    before.or_else(|| user.split_once('@').map(|(_, domain)| domain))
}

/// Whether two names may be of one domain: of the one that each states, else of the one that its record
/// has under `key`. A domain that neither tells may be any.
fn may_share_domain(stated: [Option<&str>; 2], key: &str, rows: [&Row; 2]) -> bool {
    let named = rows.map(|row| row.text(key).to_lowercase());
    let domains = |side: usize| {
        let named = &*named[side];
        // A domain has a name in DNS and a short one that need not resemble it: a record may state both.
        let has_two = |stated: &str| stated.contains('.') && !named.contains('.');
        let others = stated[side].is_none_or(has_two).then_some(named);
        let all = stated[side].into_iter().chain(others);
        all.filter(|domain| !domain.is_empty()).collect::<Vec<_>>()
    };
    let (old, new) = (domains(0), domains(1));
    let is_one =
        |a: &str, b: &str| a == b || (a.contains('.') != b.contains('.') && label(a) == label(b));
    let mut pairs = old.iter().flat_map(|a| new.iter().map(move |b| (a, b)));
    old.is_empty() || new.is_empty() || pairs.any(|(a, b)| is_one(a, b))
}

/// What stands before the first dot.
pub(crate) fn label(host: &str) -> &str {
    host.split_once('.').map_or(host, |(label, _)| label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(name: &str, value: Value, file: &str) -> Row {
        let mut map = serde_json::Map::new();
        map.insert(name.into(), value);
        map.entry("FileName").or_insert_with(|| json!(file));
        Row::of(map, |_, _| {})
    }

    #[test]
    fn what_is_the_same_is_told_from_what_is_not() {
        use Outcome::{Different, Emptied, Empty, Filled, Same};
        let spelt = Outcome::Spelling;
        for (name, old, new, expected) in [
            ("Severity", json!("High"), json!("High"), Same),
            (
                "Severity",
                json!("high"),
                json!("High"),
                spelt(Spelling::Case),
            ),
            ("Severity", json!("High"), json!("Low"), Different),
            ("Actor", json!(null), json!(""), spelt(Spelling::Nothing)),
            ("Actor", json!(""), json!(""), Empty),
            ("Actor", json!(""), json!("BORON"), Filled),
            ("Actor", json!("BORON"), json!(""), Emptied),
            ("AlertPart", json!("0"), json!(0), spelt(Spelling::AsText)),
            (
                "RemediationIsSuccess",
                json!("True"),
                json!(true),
                spelt(Spelling::AsText),
            ),
            (
                "RemediationIsSuccess",
                json!("null"),
                json!(null),
                spelt(Spelling::Nothing),
            ),
            ("RemediationIsSuccess", json!(false), json!(null), Emptied),
            ("RemediationIsSuccess", json!(false), json!(true), Different),
            (
                "Description",
                json!("a\r\nb "),
                json!("a\nb"),
                spelt(Spelling::Spaces),
            ),
            (
                "LogOnUsers",
                json!("D\\b; D\\a"),
                json!("d\\a;d\\b"),
                spelt(Spelling::List),
            ),
            (
                "LogOnUsers",
                json!(["a", "b"]),
                json!("a;b"),
                spelt(Spelling::List),
            ),
            ("LogOnUsers", json!("a;b"), json!("a"), Different),
            (
                "LogOnUsers",
                json!("CORP\\b; CORP\\a"),
                json!("a;b"),
                spelt(Spelling::Account),
            ),
            ("LogOnUsers", json!("D\\a;D\\b"), json!("E\\a;b"), Different),
            ("LogOnUsers", json!("D\\a;D\\b"), json!("a;c"), Different),
            ("LogOnUsers", json!("D\\a;E\\a"), json!("a"), Different),
            ("AlertTitle", json!("a, b"), json!("b, a"), Different),
            (
                "FilePath",
                json!("C:\\W\\x.exe"),
                json!("C:\\W"),
                spelt(Spelling::Path),
            ),
            ("FilePath", json!("C:\\W\\y.exe"), json!("C:\\W"), Different),
            (
                "UserName",
                json!("D\\liz"),
                json!("Liz"),
                spelt(Spelling::Account),
            ),
            (
                "UserName",
                json!("liz"),
                json!("liz@example.com"),
                spelt(Spelling::Account),
            ),
            (
                "UserName",
                json!("CORP\\admin"),
                json!("FABRIKAM\\admin"),
                Different,
            ),
            (
                "UserName",
                json!("admin@corp.com"),
                json!("admin@evil.com"),
                Different,
            ),
            (
                "FilePath",
                json!("C:/Windows/"),
                json!("C:\\Windows"),
                spelt(Spelling::PathSeparator),
            ),
            (
                "LogOnUsers",
                json!("D\\b|D\\a"),
                json!("D\\a;D\\b"),
                spelt(Spelling::List),
            ),
            (
                "ComputerDnsName",
                json!("ws-1"),
                json!("WS-1.corp"),
                spelt(Spelling::Host),
            ),
            (
                "ComputerDnsName",
                json!("ws-1.a"),
                json!("ws-1.b"),
                Different,
            ),
            (
                "AlertId",
                json!("636_-1"),
                json!("da636_-1"),
                spelt(Spelling::IdPrefix),
            ),
            (
                "AlertTime",
                json!("9/10/2020 2:09:20 PM"),
                json!("2020-09-30T14:09:20.3Z"),
                spelt(Spelling::TimeUnread),
            ),
            (
                "AlertTime",
                json!("2020-09-30T14:09:20.3Z"),
                json!("9/10/2020 2:09:20 PM"),
                Different,
            ),
            (
                "AlertTime",
                json!("2020-09-30T14:09:20.3Z"),
                json!("2020-09-30T14:09:20.3000000Z"),
                spelt(Spelling::TimeNotation),
            ),
        ] {
            let n = KEYS.iter().position(|key| key.name == name).unwrap();
            let (old, new) = (row(name, old, "x.exe"), row(name, new, "x.exe"));
            assert_eq!(compare(n, &old, &new), expected, "{name}: {old:?} {new:?}");
        }
    }

    /// What is compared, the key of the domain, and both with the old side's values and the new one's.
    #[test]
    fn a_domain_of_another_key_is_known() {
        let account = ("UserName", "UserDomain", Spelling::Account);
        let host = ("ComputerDnsName", "MachineDomain", Spelling::Host);
        for ((key, domain, spelling), old, new, is_same) in [
            (account, ("admin@corp.com", ""), ("admin", "EVIL"), false),
            (account, ("admin@corp.com", ""), ("admin", "CORP"), true),
            (account, ("admin@corp.com", ""), ("admin", ""), true),
            (
                account,
                ("CORP\\admin", "CORP"),
                ("admin", "FABRIKAM"),
                false,
            ),
            (account, ("CORP\\admin", "EVIL"), ("admin", "EVIL"), false),
            (account, ("admin", "CORP"), ("corp\\admin", ""), true),
            // The suffix of a user's name is often not the domain's.
            (
                account,
                ("admin@example.com", "CORP"),
                ("admin", "CORP"),
                true,
            ),
            (
                account,
                ("admin@corp.a.com", ""),
                ("admin", "corp.b.com"),
                false,
            ),
            (host, ("ws-1", "a.com"), ("ws-1.b.com", "b.com"), false),
            (host, ("ws-1", "a.com"), ("ws-1.b.com", ""), false),
            (host, ("ws-1", "a.com"), ("ws-1.b.com", "a.com"), false),
            (host, ("ws-1.a.com", ""), ("ws-1", "A.com"), true),
            (host, ("ws-1", ""), ("ws-1.b.com", "b.com"), true),
            (host, ("ws-1", "CORP"), ("ws-1.corp.a.com", ""), true),
        ] {
            let row = |(value, its_domain): (&str, &str)| {
                let map = [(key, value), (domain, its_domain)];
                let map = map.map(|(name, value)| (name.to_owned(), json!(value)));
                Row::of(serde_json::Map::from_iter(map), |_, _| {})
            };
            let n = KEYS.iter().position(|other| other.name == key).unwrap();
            let expected = match is_same {
                true => Outcome::Spelling(spelling),
                false => Outcome::Different,
            };
            assert_eq!(
                compare(n, &row(old), &row(new)),
                expected,
                "{old:?} {new:?}"
            );
        }
    }
}
