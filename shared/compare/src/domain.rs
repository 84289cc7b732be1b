//! Accounts and hosts with and without their domains.

use crate::row::Row;
use crate::text::parts;

/// The account's name in `domain\name` and `name@domain`.
pub(crate) fn account(user: &str) -> &str {
    let user = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    user.split_once('@').map_or(user, |(name, _)| name)
}

/// Whether two lists are of the same accounts, each with its domain on one side or alike on both.
pub(crate) fn are_of_the_same_accounts(old: &str, new: &str) -> bool {
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
pub(crate) fn domain_of_account(user: &str) -> Option<&str> {
    let before = user.rsplit_once('\\').map(|(domain, _)| domain);
    before.or_else(|| user.split_once('@').map(|(_, domain)| domain))
}

/// Whether two names may be of one domain: of the one that each states, else of the one that its record
/// has under `key`. A domain that neither tells may be any.
pub(crate) fn may_share_domain(stated: [Option<&str>; 2], key: &str, rows: [&Row; 2]) -> bool {
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
    let is_one = |a: &str, b: &str| a == b || is_short_for(a, b) || is_short_for(b, a);
    let mut pairs = old.iter().flat_map(|a| new.iter().map(move |b| (a, b)));
    old.is_empty() || new.is_empty() || pairs.any(|(a, b)| is_one(a, b))
}

/// Whether a domain's short name is a part of its name in DNS, as `contoso` is of `ad.contoso.com`.
fn is_short_for(short: &str, domain: &str) -> bool {
    let within = domain.rsplit_once('.').map(|(within, _)| within);
    !short.contains('.') && within.is_some_and(|within| within.split('.').any(|part| part == short))
}

#[cfg(test)]
mod tests {
    use drawbridge_record::siem::KEYS;
    use serde_json::json;

    use super::*;
    use crate::spelling::Spelling;
    use crate::value::{Outcome, compare};

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
            (
                account,
                ("CONTOSO\\liz", ""),
                ("liz", "ad.contoso.com"),
                true,
            ),
            (account, ("COM\\liz", ""), ("liz", "ad.contoso.com"), false),
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

    /// A short name of a domain need not resemble the one in DNS, but an id is of one device.
    #[test]
    fn a_device_of_one_id_is_one_in_whatever_domain_it_is_said_to_be() {
        let row = |host: &str, domain: &str, id: &str| {
            let map = json!({"ComputerDnsName": host, "MachineDomain": domain, "DeviceID": id});
            Row::of(map.as_object().unwrap().clone(), |_, _| {})
        };
        let n = KEYS
            .iter()
            .position(|key| key.name == "ComputerDnsName")
            .unwrap();
        let old = row("ws-1", "CONTOSO", "d1");
        for (id, expected) in [
            ("D1", Outcome::Spelling(Spelling::Host)),
            ("d2", Outcome::Different),
            ("", Outcome::Different),
        ] {
            let new = row("ws-1.fabrikam.com", "fabrikam.com", id);
            assert_eq!(compare(n, &old, &new), expected, "{id:?}");
        }
    }
}
