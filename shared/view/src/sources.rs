//! Where a value came from, as numbers of the alert's values: what `explain` says in words, looked up.

use crate::alert::{AlertTree, PlaceId};

/// What begins a sentence about a value that is not the alert's.
const NOT_FROM_THE_ALERT: [&str; 4] = ["always empty: ", "synthesised: ", "empty: ", "fixed: "];

/// The values of the alert that are named by `from`, which is what explains a key whose value is `value`.
///
/// It may name several, between commas, and alternatives, such as `evidence[4].hostName or deviceDnsName`,
/// of which the second lies where the first does. Of alternatives, the one is meant that is as the key's
/// own value; where the value was changed on the way, all that have something.
pub(crate) fn sources(from: &str, value: &str, tree: &AlertTree) -> Vec<PlaceId> {
    // A property of that very name, whatever is in it.
    if let Some(id) = tree.at(from) {
        return vec![id];
    }
    if NOT_FROM_THE_ALERT
        .iter()
        .any(|start| from.starts_with(start))
    {
        return Vec::new();
    }
    let paths = from.split(" (").next().unwrap_or_default();
    let paths = paths.split(": ").next().unwrap_or_default();
    let mut found = Vec::new();
    for path in paths.split(", ") {
        for id in alternatives(path, value, tree) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

fn alternatives(path: &str, value: &str, tree: &AlertTree) -> Vec<PlaceId> {
    let beside = match path.find("].") {
        Some(end) if path.starts_with("evidence[") => &path[..end + 2],
        _ => "",
    };
    let found = path.split(" or ").filter_map(|one| {
        let there = || tree.at(&format!("{beside}{one}"));
        tree.at(one)
            .filter(|_| beside.is_empty() || one.starts_with(beside))
            .or_else(there)
    });
    let all: Vec<PlaceId> = found.collect();
    if let Some(same) = all.iter().find(|id| tree.plain(**id) == Some(value)) {
        return vec![*same];
    }
    let has_something = |id: &PlaceId| !tree.is_nothing(*id);
    match all.iter().any(has_something) {
        true => all.into_iter().filter(has_something).collect(),
        false => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_explain_says_is_looked_up() {
        let tree = AlertTree::read(
            r#"{"id":"1","title":"t","lastUpdateDateTime":"b","createdDateTime":"a","hostName":"outer",
                "x, y":1,"constant":2,"evidence":[{"hostName":"h","deviceDnsName":"h.example",
                "tags":[],"userAccount":{"domainName":"D"},"@odata.type":"T"}]}"#,
        )
        .unwrap();
        for (from, value, expected) in [
            ("title", "t", &["title"][..]),
            (
                "createdDateTime or lastUpdateDateTime",
                "b",
                &["lastUpdateDateTime"],
            ),
            (
                "createdDateTime or firstActivityDateTime or lastUpdateDateTime",
                "1 ms",
                &["createdDateTime", "lastUpdateDateTime"],
            ),
            // The second alternative is the evidence's, and not the alert's.
            (
                "evidence[0].deviceDnsName or hostName",
                "h",
                &["evidence[0].hostName"],
            ),
            (
                "evidence[0].userAccount.domainName (the same account as `suser`)",
                "D",
                &["evidence[0].userAccount.domainName"],
            ),
            (
                "evidence[0].tags: Graph sent no value for it",
                "",
                &["evidence[0].tags"],
            ),
            (
                "evidence[0].@odata.type, title, title",
                "",
                &["evidence[0].@odata.type", "title"],
            ),
            ("x, y", "1", &["x, y"]),
            ("synthesised: title", "t", &[]),
            ("empty: title", "", &[]),
            ("the same on every record", "t", &[]),
            ("", "", &[]),
        ] {
            let found = sources(from, value, &tree);
            let found: Vec<&str> = found.iter().map(|id| tree.path(*id)).collect();
            assert_eq!(found, expected, "{from}");
        }
    }
}
