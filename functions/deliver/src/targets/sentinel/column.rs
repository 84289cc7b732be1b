use std::borrow::Cow;

/// Names that Log Analytics keeps for itself, in lower case (Azure Monitor, "Logs Ingestion API").
pub const RESERVED: &[&str] = &[
    "_resourceid",
    "id",
    "_subscriptionid",
    "tenantid",
    "type",
    "uniqueid",
    "title",
];

/// The longest name of a column.
pub const MAX_COLUMN_CHARS: usize = 45;

/// The column for a member of a record: the name itself where it can be one.
///
/// A reserved name gets `Alert` before it (`id` becomes `AlertId`, `title` `AlertTitle`); a
/// character that is no letter, digit or underscore becomes one; what does not start with a letter
/// gets an `x` before it; what is too long is cut.
#[must_use]
pub fn column(name: &str) -> Cow<'_, str> {
    let is_reserved = RESERVED
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved));
    if is_reserved {
        let mut letters = name.chars();
        let first = letters.next().unwrap_or_default().to_ascii_uppercase();
        return Cow::Owned(format!("Alert{first}{}", letters.as_str()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if starts_well && name.len() <= MAX_COLUMN_CHARS && name.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    let start = if starts_well { "" } else { "x" };
    let kept = name.chars().map(|c| if plain(c) { c } else { '_' });
    Cow::Owned(start.chars().chain(kept).take(MAX_COLUMN_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_kept_where_they_can_be() {
        for (name, expected) in [
            ("AlertTime", "AlertTime"),
            ("id", "AlertId"),
            ("title", "AlertTitle"),
            ("tenantId", "AlertTenantId"),
            ("Type", "AlertType"),
            ("_ResourceId", "Alert_ResourceId"),
            ("@odata.type", "x_odata_type"),
            ("a.b", "a_b"),
        ] {
            assert_eq!(column(name), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_name_becomes_one_that_log_analytics_takes(name in any::<String>()) {
            let column = column(&name);
            prop_assert!((1..=MAX_COLUMN_CHARS).contains(&column.len()));
            prop_assert!(column.starts_with(|c: char| c.is_ascii_alphabetic()));
            prop_assert!(column.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            prop_assert!(!RESERVED.contains(&column.to_ascii_lowercase().as_str()));
        }
    }
}
