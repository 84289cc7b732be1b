//! The administrator's list of which document may act as which application without a secret of its
//! own: `admin/tenants.toml`, which those who write documents must not be able to write.

use std::collections::BTreeMap;

use drawbridge_store::{ETag, Store};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::read::{DocumentLocation, at_most, read_toml_from, too_long};
use crate::{ConfigError, Tenant};

/// The key of the list.
pub const BINDINGS_KEY: &str = "admin/tenants.toml";

/// The most bytes of the list, and the most tenants in it: about as many as fit.
const MAX_LIST_BYTES: usize = 1024 * 1024;
const MAX_LIST_TENANTS: usize = 8_000;

/// The most memory that is taken while the list is read; `tests/list_memory` measures it.
pub const MAX_LIST_READING_BYTES: usize = 5 * 1024 * 1024;
/// The most memory of a list that was read.
pub const MAX_LIST_MEMORY_BYTES: usize = 3 * 1024 * 1024;

/// The list is read in parts of about so many bytes, and none may have much more: TOML takes twenty times
/// its length while it is read.
const PART_BYTES: usize = 16 * 1024;
const MAX_PART_BYTES: usize = 64 * 1024;

/// What the list says, by the names of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bindings(BTreeMap<String, Binding>);

/// What one document may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The directory (tenant) id that it may sign in to with a federated credential.
    pub tenant_id: String,
    /// The application (client) id that it may sign in as.
    pub client_id: String,
    /// The hosts of its own that it signs in at and is read from, if it names any. An assertion of
    /// the stack's role is good for every tenant that trusts the role: no other host gets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_url: Option<Box<Url>>,
    /// The root of Graph that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph_url: Option<Box<Url>>,
    /// Whether it takes the place of the tenant of the same name in the stack's parameters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces_first_tenant: bool,
}

impl Bindings {
    /// Reads the list of a store; one that is not there is empty.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be reached or does not parse.
    pub async fn load(store: &dyn Store) -> Result<Self, ConfigError> {
        match at_most(store, BINDINGS_KEY, MAX_LIST_BYTES).await? {
            Some(object) => Self::parse(&object.body),
            None => Ok(Self::default()),
        }
    }

    /// The text of the list and the version that was read, if there is one, for who writes it anew.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be reached, or is no text.
    pub async fn load_text(store: &dyn Store) -> Result<(String, Option<ETag>), ConfigError> {
        match at_most(store, BINDINGS_KEY, MAX_LIST_BYTES).await? {
            Some(object) => Ok((text_of(&object.body)?.to_owned(), Some(object.etag))),
            None => Ok((String::new(), None)),
        }
    }

    /// Checks that a text can be read, and says what this list does.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`].
    pub fn check_text(&self, text: &str) -> Result<(), ConfigError> {
        if text.len() > MAX_LIST_BYTES {
            return Err(too_long(BINDINGS_KEY, MAX_LIST_BYTES));
        }
        match Self::parse(text.as_bytes())? == *self {
            true => Ok(()),
            false => Err(unreadable("it does not say what it is to say")),
        }
    }

    /// Reads the text of the list, in parts that begin with a table's header.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] with the place in the text.
    pub fn parse(body: &[u8]) -> Result<Self, ConfigError> {
        let text = text_of(body)?;
        let (mut list, mut line) = (Self::default(), 1);
        for part in parts(text) {
            if part.len() > MAX_PART_BYTES {
                let reason = format!(
                    "from line {line} on, no line begins with [ for {MAX_PART_BYTES} bytes: give each \
                     tenant a table of its own, which begins with its name as [NAME]"
                );
                return Err(unreadable(&reason));
            }
            let entries: Self =
                read_toml_from(&DocumentLocation::object(BINDINGS_KEY), part, line)?;
            for (name, binding) in entries.0 {
                if list.0.contains_key(&name) {
                    return Err(unreadable(&format!("[{name}] is there twice")));
                }
                list.0.insert(name, binding);
            }
            line += part.matches('\n').count();
        }
        list.check_tenants()?;
        Ok(list)
    }

    /// The list as TOML.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] where nobody could read it any more: one tenant more must not lock out
    /// all the others.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        let text = toml::to_string(self).map_err(|_| unreadable("it has no form in TOML"))?;
        self.check_tenants()?;
        match text.len() > MAX_LIST_BYTES {
            true => Err(too_long(BINDINGS_KEY, MAX_LIST_BYTES)),
            false => Ok(text),
        }
    }

    fn check_tenants(&self) -> Result<(), ConfigError> {
        match self.0.len() > MAX_LIST_TENANTS {
            true => Err(unreadable(&format!(
                "it has more than {MAX_LIST_TENANTS} tenants"
            ))),
            false => Ok(()),
        }
    }

    /// Adds a document's ids and hosts, or changes them. One that takes the first tenant's place
    /// goes on to do so.
    pub fn bind(&mut self, tenant: &Tenant, replaces_first_tenant: bool) {
        let binding = Binding {
            tenant_id: tenant.tenant_id.clone(),
            client_id: tenant.client_id.clone(),
            login_url: tenant.login_url.clone().map(Box::new),
            graph_url: tenant.graph_url.clone().map(Box::new),
            replaces_first_tenant: replaces_first_tenant || self.replaces(&tenant.name),
        };
        self.0.insert(tenant.name.clone(), binding);
    }

    /// Takes a document out; whether it was in.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// Checks that a document which signs in with a federated credential, or the secret of the command
    /// line, does so as the application, and at the hosts, that the list has for it. One with a secret of its
    /// own needs no entry: the secret is worth nothing with other ids. `options` are those of the command
    /// that is suggested.
    ///
    /// # Errors
    /// [`ConfigError::Field`] with the command that adds it.
    pub fn check(&self, tenant: &Tenant, options: &str) -> Result<(), ConfigError> {
        if !tenant.needs_entry() {
            return Ok(());
        }
        if self.has_ids_of(tenant) {
            return self.check_hosts(tenant, options);
        }
        let Tenant {
            name,
            tenant_id,
            client_id,
            ..
        } = tenant;
        let (field, why) = match tenant.federation {
            Some(_) => ("federation", "is used"),
            None => ("secret", "is the command line's"),
        };
        let problem = format!(
            "{why}, so an administrator must approve this document first, with tenant_id {tenant_id:?} and client_id \
             {client_id:?}: run `drawbridge tenants allow {name}{options}`"
        );
        Err(tenant.wrong(field, &problem))
    }

    fn check_hosts(&self, tenant: &Tenant, options: &str) -> Result<(), ConfigError> {
        let has_them = self.0.get(&tenant.name).is_some_and(|entry| {
            entry.login_url.as_deref() == tenant.login_url.as_ref()
                && entry.graph_url.as_deref() == tenant.graph_url.as_ref()
        });
        if has_them {
            return Ok(());
        }
        let problem = format!(
            "and graph_url are not those that {BINDINGS_KEY} has for this document, and what it signs \
             in with is good for other tenants too: let the administrator run `drawbridge tenants \
             allow {}{options}` again",
            tenant.name
        );
        Err(tenant.wrong("login_url", &problem))
    }

    /// Whether a document of this name takes the place of the tenant of that name in the stack's
    /// parameters.
    #[must_use]
    pub fn replaces(&self, name: &str) -> bool {
        let entry = self.0.get(name);
        entry.is_some_and(|entry| entry.replaces_first_tenant)
    }

    /// Checks that a document has the ids that the list has for it; `options` are those of the command
    /// that is suggested.
    ///
    /// # Errors
    /// [`ConfigError::Field`] if it has others.
    pub fn check_ids(&self, tenant: &Tenant, options: &str) -> Result<(), ConfigError> {
        if self.has_ids_of(tenant) {
            return Ok(());
        }
        let problem = format!(
            "and client_id are not those that {BINDINGS_KEY} has for this document: let the \
             administrator run `drawbridge tenants allow {}{options}` again, which leaves it in the place of \
             the stack's first tenant",
            tenant.name
        );
        Err(tenant.wrong("tenant_id", &problem))
    }

    /// The directory that the list has for the document of that name.
    #[must_use]
    pub fn tenant_id_of(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|entry| entry.tenant_id.as_str())
    }

    /// Whether the list has these ids for the document.
    #[must_use]
    pub fn has_ids_of(&self, tenant: &Tenant) -> bool {
        self.0.get(&tenant.name).is_some_and(|entry| {
            entry.tenant_id.eq_ignore_ascii_case(&tenant.tenant_id)
                && entry.client_id.eq_ignore_ascii_case(&tenant.client_id)
        })
    }
}

fn text_of(body: &[u8]) -> Result<&str, ConfigError> {
    std::str::from_utf8(body).map_err(|_| unreadable("it is not UTF-8"))
}

fn unreadable(reason: &str) -> ConfigError {
    ConfigError::Unreadable {
        place: BINDINGS_KEY.to_owned(),
        path: ".".to_owned(),
        reason: reason.to_owned(),
    }
}

/// A text in parts of at least [`PART_BYTES`], but for the last one. Each begins with a line of which `[` is
/// the first sign, as the headers of tables do, but for the first one.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let from = rest.ceil_char_boundary(PART_BYTES);
        let end = rest[from..]
            .find("\n[")
            .map_or(rest.len(), |at| from + at + 1);
        let (part, behind) = rest.split_at(end);
        rest = behind;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    /// The options of the commands that are suggested.
    const STACK: &str = " --stack prod";

    fn tenant(name: &str, tenant_id: u8, lines: &str) -> Tenant {
        let text = format!(
            "tenant_id = \"00000000-0000-0000-0000-0000000000{tenant_id:02}\"\n\
             client_id = \"00000000-0000-0000-0000-0000000000ab\"\n{lines}\n"
        );
        parse(name, &format!("tenants/{name}.toml"), text.as_bytes()).unwrap()
    }

    #[test]
    fn federation_is_bound_to_the_name_and_the_ids() {
        let own = tenant("contoso", 1, "federation = \"aws\"");
        let mut bindings = Bindings::default();
        let error = bindings.check(&own, STACK).unwrap_err().to_string();
        assert!(
            error.contains("must approve this document")
                && error.contains("`drawbridge tenants allow contoso --stack prod`"),
            "{error}"
        );
        bindings.bind(&own, false);
        let text = toml::to_string(&bindings).unwrap();
        let bindings = Bindings::parse(text.as_bytes()).unwrap();
        assert_eq!(bindings.check(&own, STACK), Ok(()));
        assert!(!bindings.replaces("contoso"));
        // Another document with the same ids, and the same one with another tenant's.
        assert!(
            bindings
                .check(&tenant("evil", 1, "federation = \"aws\""), STACK)
                .is_err()
        );
        let moved = tenant("contoso", 2, "federation = \"aws\"");
        assert!(bindings.check(&moved, STACK).is_err());
        assert_eq!(
            bindings.check(&tenant("evil", 1, "secret = \"s\""), STACK),
            Ok(())
        );
    }

    #[test]
    fn federation_is_bound_to_the_hosts() {
        let of = |host: &str| {
            let hosts = format!("login_url = \"https://{host}\"\ngraph_url = \"https://{host}\"");
            tenant("fab", 1, &format!("federation = \"aws\"\n{hosts}"))
        };
        let plain = tenant("fab", 1, "federation = \"aws\"");
        let mut bindings = Bindings::default();
        bindings.bind(&plain, false);
        assert_eq!(bindings.check(&plain, STACK), Ok(()));
        let error = bindings
            .check(&of("a.example"), STACK)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("login_url")
                && error.contains("`drawbridge tenants allow fab --stack prod`"),
            "{error}"
        );
        bindings.bind(&of("a.example"), false);
        let text = toml::to_string(&bindings).unwrap();
        let bindings = Bindings::parse(text.as_bytes()).unwrap();
        assert_eq!(bindings.check(&of("a.example"), STACK), Ok(()));
        assert!(bindings.check(&of("b.example"), STACK).is_err());
        assert!(bindings.check(&plain, STACK).is_err());
    }

    #[test]
    fn the_first_tenant_is_replaced_only_if_the_list_says_so() {
        let document = tenant("main", 1, "secret = \"s\"");
        let mut bindings = Bindings::default();
        assert!(!bindings.replaces("main"));
        bindings.bind(&document, true);
        assert!(bindings.replaces("main") && !bindings.replaces("other"));
        assert_eq!(bindings.check_ids(&document, STACK), Ok(()));
        let error = bindings.check_ids(&tenant("main", 2, "secret = \"s\""), STACK);
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("`drawbridge tenants allow main --stack prod`")
        );
        // What the error says to do leaves the tenant where it is.
        bindings.bind(&tenant("main", 2, "secret = \"s\""), false);
        assert!(bindings.replaces("main"));
        assert!(bindings.remove("main") && !bindings.remove("main"));
    }

    /// A list of so many tenants, whose names have so many characters.
    fn list_of(tenants: usize, name_chars: usize) -> Bindings {
        let entries = (0..tenants).map(|n| (format!("t{n:0name_chars$}"), Binding::default()));
        Bindings(entries.collect())
    }

    /// The write of one that is too long would succeed, and every tenant of the list be refused.
    #[test]
    fn a_list_that_nobody_could_read_is_not_written() {
        let full = list_of(MAX_LIST_TENANTS, 5);
        let text = full.to_toml().unwrap();
        assert_eq!(Bindings::parse(text.as_bytes()), Ok(full));
        let said = |list: Bindings| list.to_toml().unwrap_err().to_string();
        let too_many = said(list_of(MAX_LIST_TENANTS + 1, 5));
        assert!(too_many.contains("more than 8000 tenants"), "{too_many}");
        let too_long = said(list_of(MAX_LIST_TENANTS, 200));
        assert!(too_long.contains("longer than"), "{too_long}");
    }

    #[test]
    fn a_broken_list_is_named() {
        let ids = "tenant_id = \"a\"\nclient_id = \"b\"\n";
        let many: String = (0..1_000).map(|n| format!("[t{n}]\n{ids}")).collect();
        let comments = format!("# {}\n", "x".repeat(100)).repeat(700);
        for (text, said) in [
            ("[a]\ntenant_id = 1".to_owned(), "a"),
            ("[a]\nreplaces = true".to_owned(), "unknown field"),
            (format!("{many}[a\n"), "line 3001"),
            (format!("{many}[t5]\n{ids}"), "[t5] is there twice"),
            (format!("{many}{comments}[a]\n{ids}"), "[NAME]"),
            (
                (0..8_001).map(|n| format!("[{n}]\n{ids}")).collect(),
                "8000 tenants",
            ),
        ] {
            let error = Bindings::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(
                error.contains(BINDINGS_KEY) && error.contains(said),
                "{error}"
            );
        }
    }

    /// Whatever stands before and between the tables.
    #[test]
    fn a_list_in_parts_is_the_list_as_a_whole() {
        let mut text =
            "# Ümläute: our customers\nfirst = {tenant_id = \"a\", client_id = \"b\"}\n".to_owned();
        for n in 0..1_500 {
            let lines = ["", "\n  # as of May\n", "\r\n"][n % 3];
            text += &format!("[ 't-{n}' ]{lines}\ntenant_id = '{n}'\nclient_id = \"é\"\n{lines}");
        }
        assert!(parts(&text).count() > 3 && parts(&text).collect::<String>() == text);
        let whole = crate::read::read_toml(&DocumentLocation::object(BINDINGS_KEY), &text);
        assert_eq!(Bindings::parse(text.as_bytes()), whole);
    }
}
