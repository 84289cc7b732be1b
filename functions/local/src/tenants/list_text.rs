//! The text of the administrator's list, with his comments.

use drawbridge_config::Bindings;
use toml_edit::{DocumentMut, Item, Table, TomlError, Value};

/// Why a text was not changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListTextError {
    /// It was read before in another way, or the list has no form in TOML.
    #[error("the list cannot be written as TOML")]
    NoToml,
}

impl From<TomlError> for ListTextError {
    fn from(_: TomlError) -> Self {
        // Its words would quote the text.
        Self::NoToml
    }
}

/// `text`, which says what `before` does, so that it says what `after` does. Everything else in it stays as
/// the administrator wrote it; the comment of an entry goes with the entry.
pub(super) fn rewritten(
    text: &str,
    before: &Bindings,
    after: &Bindings,
) -> Result<String, ListTextError> {
    let mut document: DocumentMut = text.parse()?;
    let (before, after) = (tables(before)?, tables(after)?);
    for (name, _) in before.iter().filter(|(name, _)| !after.contains_key(name)) {
        remove(&mut document, name);
    }
    for (name, entry) in &after {
        let is_new = |old: &Item| old.to_string() != entry.to_string();
        if before.get(name).is_none_or(is_new) {
            set(&mut document, name, entry);
        }
    }
    Ok(document.to_string())
}

fn tables(list: &Bindings) -> Result<Table, ListTextError> {
    let text = toml::to_string(list).map_err(|_| ListTextError::NoToml)?;
    Ok(text.parse::<DocumentMut>()?.into_table())
}

/// Takes an entry out, with its comment. What stands before a blank line above that is about the whole list.
fn remove(document: &mut DocumentMut, name: &str) {
    let names: Vec<String> = document.iter().map(|(name, _)| name.to_owned()).collect();
    let next = names.iter().skip_while(|other| *other != name).nth(1);
    let removed = document.remove(name);
    let prefix = removed.as_ref().and_then(Item::as_table);
    let prefix = prefix.and_then(|table| table.decor().prefix()?.as_str());
    let Some(about_all) = prefix.and_then(|prefix| Some(&prefix[..prefix.rfind("\n\n")? + 1]))
    else {
        return;
    };
    let next = next.and_then(|next| document.get_mut(next)?.as_table_mut());
    match next {
        Some(next) => {
            let decor = next.decor_mut();
            let own = decor.prefix().and_then(|own| own.as_str());
            let prefix = format!("{about_all}{}", own.unwrap_or_default());
            decor.set_prefix(prefix);
        }
        None => {
            let end = document.trailing().as_str().unwrap_or_default();
            let end = format!("{about_all}{end}");
            document.set_trailing(end);
        }
    }
}

/// Adds an entry, or changes its values.
fn set(document: &mut DocumentMut, name: &str, entry: &Item) {
    let Some(values) = entry.as_table() else {
        return;
    };
    let item = document.entry(name).or_insert_with(|| Table::new().into());
    let Some(own) = item.as_table_like_mut() else {
        return;
    };
    let old: Vec<String> = own.iter().map(|(key, _)| key.to_owned()).collect();
    for key in old.iter().filter(|key| !values.contains_key(key)) {
        own.remove(key);
    }
    for (key, value) in values {
        match (
            own.get_mut(key).and_then(Item::as_value_mut),
            value.as_value(),
        ) {
            (Some(old), Some(new)) if bare(old) == bare(new) => {}
            (Some(old), Some(new)) => {
                let around = old.decor().clone();
                *old = new.clone();
                *old.decor_mut() = around;
            }
            _ => {
                own.insert(key, value.clone());
            }
        }
    }
}

/// A value without the blanks and comments around it, and in whatever quotation marks.
fn bare(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.clone().decorated("", "").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_config::{Tenant, parse};

    use super::*;

    const LIST: &str = "\
# Our customers, by the day they signed.

# As of May, #4711.
[contoso]
tenant_id = '00000000-0000-0000-0000-000000000001' # Contoso Ltd
client_id = \"00000000-0000-0000-0000-0000000000ab\"

# Theirs is the EU tenant.
[fabrikam]
tenant_id = \"00000000-0000-0000-0000-000000000002\"
client_id = \"00000000-0000-0000-0000-0000000000ab\"
# The end.
";

    fn tenant(name: &str, number: u8) -> Tenant {
        let text = format!(
            "tenant_id = \"00000000-0000-0000-0000-0000000000{number:02}\"\n\
             client_id = \"00000000-0000-0000-0000-0000000000ab\"\nsecret = \"s\"\n"
        );
        parse(name, &format!("tenants/{name}.toml"), text.as_bytes()).unwrap()
    }

    fn changed(text: &str, change: impl FnOnce(&mut Bindings)) -> String {
        let before = Bindings::parse(text.as_bytes()).unwrap();
        let mut after = before.clone();
        change(&mut after);
        let text = rewritten(text, &before, &after).unwrap();
        assert_eq!(after.check_text(&text), Ok(()), "{text}");
        text
    }

    #[test]
    fn an_entry_is_added_behind_the_others() {
        let text = changed(LIST, |list| list.bind(&tenant("adatum", 3), false));
        let entry = "\n[adatum]\ntenant_id = \"00000000-0000-0000-0000-000000000003\"\n";
        let before = LIST.trim_end_matches("# The end.\n");
        assert!(text.starts_with(before) && text.contains(entry), "{text}");
        assert!(text.ends_with("# The end.\n"), "{text}");
        let first = changed("", |list| list.bind(&tenant("adatum", 3), false));
        assert!(first.starts_with("[adatum]\n"), "{first}");
    }

    #[test]
    fn an_entry_is_changed_in_its_place() {
        let text = changed(LIST, |list| list.bind(&tenant("contoso", 1), true));
        let added = LIST.replacen("ab\"\n", "ab\"\nreplaces_first_tenant = true\n", 1);
        assert_eq!(text, added);
        let text = changed(LIST, |list| list.bind(&tenant("fabrikam", 4), false));
        assert_eq!(text, LIST.replace("000002", "000004"));
        // What says the same stays.
        assert_eq!(
            changed(LIST, |list| list.bind(&tenant("contoso", 1), false)),
            LIST
        );
    }

    #[test]
    fn an_entry_goes_with_its_comment_and_no_other() {
        let text = changed(LIST, |list| {
            list.remove("contoso");
        });
        let (_, rest) = LIST.split_once("ab\"\n").unwrap();
        let head = "# Our customers, by the day they signed.\n";
        assert_eq!(text, format!("{head}{rest}"));
        let text = changed(&text, |list| {
            list.remove("fabrikam");
        });
        assert_eq!(text, format!("{head}# The end.\n"));
    }

    #[test]
    fn a_list_in_another_notation_stays_in_it() {
        let inline = "# One line each.\n\
                      contoso = { tenant_id = \"00000000-0000-0000-0000-000000000001\", client_id = \"b\" }\n";
        let text = changed(inline, |list| list.bind(&tenant("contoso", 1), false));
        assert!(text.starts_with("# One line each.\ncontoso = {"), "{text}");
        let text = changed(inline, |list| list.bind(&tenant("adatum", 3), false));
        assert!(
            text.starts_with(inline) && text.contains("[adatum]\n"),
            "{text}"
        );
    }
}
