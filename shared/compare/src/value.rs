//! Two values of a key, the old one beside the new one.

use drawbridge_record::siem::KEYS;
use serde::Serialize;
use serde_json::Value;

use crate::address::canonical;
use crate::device::label;
use crate::domain::{account, are_of_the_same_accounts, domain_of_account, may_share_domain};
use crate::instant::Apart;
use crate::row::{Row, is_empty};
use crate::spelling::Spelling;
use crate::text::{parts, text};
use crate::{alert_id, instant, keys, zone};

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

/// Compares the values of key `n`.
pub(crate) fn compare(n: usize, old: &Row, new: &Row) -> Outcome {
    let (a, b) = (old.get(n), new.get_as_in(n, old));
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

/// Whether two records have the same value of key `n`, however it is written and whatever the key is
/// called.
pub(crate) fn alike(n: usize, old: &Row, new: &Row) -> bool {
    match (old.get(n), new.get(n)) {
        (Some(a), Some(b)) => a == b || spelling(n, a, b, [old, new]).is_some(),
        (a, b) => is_empty(a) && is_empty(b),
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
    let name = KEYS[n].name;
    if let Some(exact) = exact(name) {
        if exact(a.trim()) != exact(b.trim()) {
            return None;
        }
        if a_low != b_low {
            return (a_low.trim() == b_low.trim()).then_some(Spelling::Spaces);
        }
    }
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
    if name == "LogOnUsers" && are_of_the_same_accounts(&a_low, &b_low) {
        return Some(Spelling::Account);
    }
    if a_low.split_whitespace().eq(b_low.split_whitespace()) {
        return Some(Spelling::Spaces);
    }
    let has_time = matches!(name, "AlertTime" | "LastProcessedTimeUtc");
    if has_time {
        // A new time that cannot be read is another value: the old one could be.
        if instant::read(&a).is_none() {
            return Some(Spelling::TimeUnread);
        }
        return match zone::compare(name, rows[0], rows[1]) {
            Apart::Spelling(spelling) => Some(spelling),
            Apart::Minutes(_) => Some(Spelling::TimeZone),
            Apart::Different => None,
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
            let is_short = [&a, &b].into_iter().any(|host| label(host) == host);
            let is_same = is_short && label(&a_low) == label(&b_low);
            let [id, new_id] = rows.map(|row| row.text("DeviceID").to_lowercase());
            if is_same && !id.is_empty() && id == new_id {
                return Some(Spelling::Host);
            }
            let stated =
                [&a_low, &b_low].map(|host| host.split_once('.').map(|(_, domain)| domain));
            (is_same && may_share_domain(stated, "MachineDomain", rows)).then_some(Spelling::Host)
        }
        "IpAddress" => {
            let address = canonical(&a)?;
            (canonical(&b)? == address).then_some(Spelling::Address)
        }
        "AlertId" => (alert_id::without_prefix(&a) == alert_id::without_prefix(&b))
            .then_some(Spelling::IdPrefix),
        _ => None,
    }
}

/// For a key in which case and spaces matter: the part of a value in which they do.
fn exact(name: &str) -> Option<fn(&str) -> &str> {
    match name {
        // Base64 is another text in other letters, and `a b` are two files.
        "CommandLine" => Some(|command| command),
        // Scheme and host are written in any letters.
        "Url" => Some(|url| {
            let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
            let path = after_scheme.find(['/', '?', '#']);
            path.map_or("", |at| &after_scheme[at..])
        }),
        _ => None,
    }
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
            (
                "Url",
                json!("https://x.test/?l=1,2"),
                json!("https://x.test/?l=1;2"),
                Different,
            ),
            (
                "Url",
                json!("https://x.test/A"),
                json!("https://x.test/a"),
                Different,
            ),
            (
                "Url",
                json!("HTTPS://X.test/A"),
                json!("https://x.test/A"),
                spelt(Spelling::Case),
            ),
            (
                "Url",
                json!("https://x.test"),
                json!("https://X.test"),
                spelt(Spelling::Case),
            ),
            (
                "CommandLine",
                json!("p -enc SQBF"),
                json!("p -enc sqbf"),
                Different,
            ),
            (
                "CommandLine",
                json!("rm /tmp/a b"),
                json!("rm /tmp/ab"),
                Different,
            ),
            (
                "CommandLine",
                json!("rm /tmp/a  b"),
                json!("rm /tmp/a b"),
                Different,
            ),
            (
                "CommandLine",
                json!("rm /tmp/a "),
                json!("rm /tmp/a"),
                spelt(Spelling::Spaces),
            ),
            ("AlertTitle", json!("a b"), json!("ab"), Different),
            (
                "AlertTitle",
                json!("a  b"),
                json!("A b"),
                spelt(Spelling::Spaces),
            ),
            ("MachineName", json!("10.0.0.1"), json!("10"), Different),
            (
                "ComputerDnsName",
                json!("192.0.2.7"),
                json!("192"),
                Different,
            ),
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
                "IpAddress",
                json!("2001:DB8:0:0:0:0:0:1"),
                json!("2001:db8::1"),
                spelt(Spelling::Address),
            ),
            (
                "IpAddress",
                json!("2001:db8::2"),
                json!("2001:db8::1"),
                Different,
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
}
