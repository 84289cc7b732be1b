//! What an administrator lets the documents of tenants do. Whoever may write a document says where a
//! secret is sent; without these rules he could have another tenant's sent to a host of his own.

mod hosts;
mod shared_secret;

use std::path::{Component, Path, PathBuf};

use drawbridge_entra::Endpoints;

pub use self::hosts::Hosts;
use crate::function::{TENANTS, given_tenants};
use crate::read::entries;
use crate::tenant::{CLIENT_SECRET, is_variable};
use crate::variables::ALLOWED_SECRETS;
use crate::{ConfigError, Tenant};

/// What documents may name beside what is named after them, and where those are read that name no
/// place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    hosts: Hosts,
    allowed_secrets: Vec<String>,
    /// The secrets of tenants that are no documents, with their names.
    given_secrets: Vec<(String, String)>,
    /// Whether one of those that documents may name may be such a tenant's: nobody has said.
    given_are_unknown: bool,
    own_secrets: OwnSecrets,
    /// The options that lead a command to the place, such as ` --stack NAME`.
    options: String,
}

/// Where the secrets lie that a document may read because they are named after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnSecrets {
    /// In Secrets Manager, below a prefix such as `drawbridge/STACK/`; none where it is not known.
    Below(Option<String>),
    /// In the environment as `NAME_SECRET` and `NAME_CERTIFICATE`, or as `DRAWBRIDGE_CLIENT_SECRET` if
    /// the document is called by its tenant's id, and in files of this folder that
    /// are called as the tenant or lie in a folder that is.
    OnThisMachine(PathBuf),
}

/// The variable with the beginning of the names of a stack's secrets.
const SECRET_PREFIX: &str = "DRAWBRIDGE_SECRET_PREFIX";
impl Trust {
    /// What the administrator of a stack allows: through `variable`, which gives a variable's value.
    ///
    /// The secret of a tenant of the stack's parameters is in the same list as those that documents
    /// may name, and is no document's for that, unless it is listed a second time.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] for a variable that cannot be used or would do nothing.
    pub fn of_a_stack(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let prefix = variable(SECRET_PREFIX).filter(|prefix| !prefix.trim().is_empty());
        let given = given_tenants(&variable)?;
        let mut trust = Self {
            // The function does not know what its stack is called.
            options: " --stack STACK".to_owned(),
            ..Self::new(variable, OwnSecrets::Below(prefix))?
        };
        for tenant in given {
            if let Some(secret) = tenant.secret.or(tenant.certificate) {
                trust.leave_out(&secret);
                trust.given_secrets.push((tenant.name, secret));
            }
        }
        Ok(trust)
    }

    /// The same seen from where an operator is, who has the function's lists from the stack's outputs
    /// and may have left out that of the tenants of the parameters. A document that names one of the
    /// listed secrets is then refused, for it might be such a tenant's.
    ///
    /// # Errors
    /// As [`of_a_stack`](Self::of_a_stack).
    pub fn of_a_stack_elsewhere(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let given_are_unknown = variable(TENANTS).is_none_or(|value| value.trim().is_empty());
        Ok(Self {
            given_are_unknown,
            ..Self::of_a_stack(variable)?
        })
    }

    fn leave_out(&mut self, secret: &str) {
        let at = self.allowed_secrets.iter().position(|one| one == secret);
        if let Some(at) = at {
            self.allowed_secrets.remove(at);
        }
    }

    /// The same on one machine, where `folder` is that of the secrets.
    ///
    /// # Errors
    /// As [`of_a_stack`](Self::of_a_stack).
    pub fn of_a_machine(
        variable: impl Fn(&str) -> Option<String>,
        folder: PathBuf,
    ) -> Result<Self, ConfigError> {
        Self::new(variable, OwnSecrets::OnThisMachine(folder))
    }

    fn new(
        variable: impl Fn(&str) -> Option<String>,
        own_secrets: OwnSecrets,
    ) -> Result<Self, ConfigError> {
        let allowed_secrets = variable(ALLOWED_SECRETS).unwrap_or_default();
        Ok(Self {
            hosts: Hosts::read(&variable)?,
            allowed_secrets: entries(&allowed_secrets).map(str::to_owned).collect(),
            given_secrets: Vec::new(),
            given_are_unknown: false,
            own_secrets,
            options: String::new(),
        })
    }

    /// The same where commands that are suggested have these options, such as ` --stack prod`.
    #[must_use]
    pub fn suggesting(self, options: String) -> Self {
        Self { options, ..self }
    }

    /// The options of commands that are suggested, with a blank before each.
    #[must_use]
    pub fn options(&self) -> &str {
        &self.options
    }

    /// Where the administrator has those tenants read that name neither hosts nor a cloud.
    #[must_use]
    pub fn endpoints(&self) -> Option<&Endpoints> {
        self.hosts.endpoints()
    }

    /// Checks the hosts, the secret, the certificate and the token file that a document names.
    ///
    /// # Errors
    /// [`ConfigError::Field`] or [`ConfigError::NotAllowed`] with what the document, or the administrator, has to
    /// change.
    pub fn check(&self, tenant: &Tenant) -> Result<(), ConfigError> {
        self.hosts.check(tenant)?;
        let token_file = tenant.federation.as_ref().filter(|of| *of != "aws");
        for (field, place) in [
            ("secret", tenant.secret.as_ref()),
            ("certificate", tenant.certificate.as_ref()),
            ("federation", token_file),
        ] {
            if let Some(place) = place {
                self.check_secret(tenant, field, place)?;
            }
        }
        Ok(())
    }

    fn check_secret(
        &self,
        tenant: &Tenant,
        field: &'static str,
        place: &str,
    ) -> Result<(), ConfigError> {
        // A document that takes the place of such a tenant is its administrator's.
        let given = self.given_secrets.iter();
        let mut given = given.filter(|(name, _)| *name == tenant.name);
        if self.allowed_secrets.iter().any(|allowed| allowed == place)
            || given.any(|(_, secret)| secret == place)
        {
            return self.check_listed(tenant, field);
        }
        // What a token's file holds is sent as it is: none is shared.
        if field != "federation" && self.is_shared(place) {
            return Ok(());
        }
        let (is_own, own, list) = match &self.own_secrets {
            OwnSecrets::Below(None) => {
                let problem = format!(
                    "cannot be compared with what the stack allows: set {SECRET_PREFIX} to the \
                     stack's output SecretPrefix"
                );
                return Err(tenant.wrong(field, &problem));
            }
            OwnSecrets::Below(Some(prefix)) => {
                let own = format!("{prefix}{}", tenant.name);
                (
                    is_at_or_below(place, &own),
                    format!(
                        "{own}, or one below it, or its own member of one below {prefix}_shared/"
                    ),
                    "to the stack's parameter SecretArns",
                )
            }
            OwnSecrets::OnThisMachine(folder) => {
                let variable = own_variable(&tenant.name);
                let is_by_id = tenant.is_called_by_its_id();
                let is_own_variable = variable
                    .as_deref()
                    .is_some_and(|own| is_own_variable(place, own))
                    || is_by_id && field == "secret" && is_variable(place, CLIENT_SECRET);
                let variables = match variable {
                    _ if is_by_id => format!("{CLIENT_SECRET}, or "),
                    Some(variable) => format!("{variable}_SECRET or {variable}_CERTIFICATE, or "),
                    None => String::new(),
                };
                (
                    is_own_variable || is_own_file(place, folder, &tenant.name),
                    format!(
                        "{variables}a file {} with any ending or in a folder of that name",
                        folder.join(&tenant.name).display()
                    ),
                    "to DRAWBRIDGE_ALLOWED_SECRETS where the command runs",
                )
            }
        };
        if is_own {
            return Ok(());
        }
        let problem = format!(
            "names a place that is not this tenant's, which is {own}; or let the administrator add it \
             {list}"
        );
        Err(tenant.wrong(field, &problem).of_variables())
    }
}

impl Trust {
    fn check_listed(&self, tenant: &Tenant, field: &'static str) -> Result<(), ConfigError> {
        if !self.given_are_unknown {
            return Ok(());
        }
        let problem = format!(
            "names a place that {ALLOWED_SECRETS} lists, and the function takes it only if it is not \
             that of the stack's first tenant, which is not known here: set {TENANTS} to the stack's \
             output FirstTenant, or to [] if the stack has none"
        );
        Err(tenant.wrong(field, &problem))
    }
}

fn is_at_or_below(place: &str, own: &str) -> bool {
    place
        .strip_prefix(own)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How the variables begin that are named after a document. Those of Drawbridge itself are the
/// administrator's: `DRAWBRIDGE_CLIENT_SECRET` is no tenant's that is called `drawbridge-client`.
fn own_variable(name: &str) -> Option<String> {
    let variable = name.to_ascii_uppercase().replace('-', "_");
    let is_ours = variable == "DRAWBRIDGE" || variable.starts_with("DRAWBRIDGE_");
    (!is_ours).then_some(variable)
}

fn is_own_variable(place: &str, own: &str) -> bool {
    let place = place.strip_prefix("env:").unwrap_or(place);
    let rest = place.strip_prefix(own);
    matches!(rest, Some("_SECRET" | "_CERTIFICATE"))
}

/// Whether a path is a file `folder/NAME`, `folder/NAME.anything` or one in `folder/NAME/`.
fn is_own_file(place: &str, folder: &Path, name: &str) -> bool {
    let path = Path::new(place.strip_prefix("file:").unwrap_or(place));
    let is_climbing = is_climbing(path);
    let (Ok(path), Ok(folder)) = (std::path::absolute(path), std::path::absolute(folder)) else {
        return false;
    };
    let Ok(below) = path.strip_prefix(&folder) else {
        return false;
    };
    let first = below
        .components()
        .next()
        .and_then(|first| first.as_os_str().to_str());
    let is_its =
        |first: &str| first == name || first.split_once('.').is_some_and(|(stem, _)| stem == name);
    let is_alone = below.components().count() == 1;
    let is_its = first.is_some_and(|first| {
        if is_alone {
            is_its(first)
        } else {
            first == name
        }
    });
    is_its && !is_climbing && leads_nowhere_else(&path, &folder)
}

/// Whether a path goes up a folder anywhere.
fn is_climbing(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// Whether symbolic links, if there are any, stay within the folder. A file that is not there leads
/// nowhere.
fn leads_nowhere_else(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn tenant(name: &str, lines: &str) -> Tenant {
        let text = format!(
            "tenant_id = \"00000000-0000-0000-0000-000000000001\"\n\
             client_id = \"00000000-0000-0000-0000-000000000002\"\n{lines}\n"
        );
        parse(name, &format!("tenants/{name}.toml"), text.as_bytes()).unwrap()
    }

    fn stack(name: &str) -> Option<String> {
        let value = match name {
            ALLOWED_SECRETS => {
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/shared-AbCdEf"
            }
            SECRET_PREFIX => "drawbridge/prod/",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn refusal(trust: &Trust, tenant: &Tenant) -> Option<String> {
        trust.check(tenant).err().map(|error| error.to_string())
    }

    #[test]
    fn a_document_reads_the_secret_that_is_named_after_it_and_no_other() {
        let trust = Trust::of_a_stack(stack).unwrap();
        for (secret, is_taken) in [
            ("drawbridge/prod/contoso", true),
            ("drawbridge/prod/contoso/client-secret", true),
            // A name is one of whatever account and region the function is in.
            ("other/shared", false),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/shared-AbCdEf",
                true,
            ),
            ("drawbridge/prod/victim", false),
            ("drawbridge/prod/contoso-victim", false),
            ("drawbridge/prod/", false),
            ("drawbridge/staging/contoso", false),
            ("prod/contoso", false),
            ("other/shared-AbCdEf", false),
            ("other/shared/more", false),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/shared",
                false,
            ),
            (
                "arn:aws:secretsmanager:eu-west-1:999999999999:secret:other/shared-AbCdEf",
                false,
            ),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:drawbridge/prod/victim-AbCdEf",
                false,
            ),
            ("file:/etc/shadow", false),
            ("env:AWS_SECRET_ACCESS_KEY", false),
        ] {
            for field in ["secret", "certificate"] {
                let document = tenant("contoso", &format!("{field} = {secret:?}"));
                let refusal = refusal(&trust, &document);
                assert_eq!(refusal.is_none(), is_taken, "{secret}: {refusal:?}");
                let says_how = |text: &String| {
                    text.contains(field)
                        && text.contains("drawbridge/prod/contoso")
                        && text.contains("SecretArns")
                };
                assert!(refusal.is_none_or(|text| says_how(&text)), "{secret}");
            }
        }
        let unknown = Trust::of_a_stack(|_| None).unwrap();
        let document = tenant("contoso", "secret = \"drawbridge/prod/contoso\"");
        assert!(
            refusal(&unknown, &document)
                .unwrap()
                .contains("DRAWBRIDGE_SECRET_PREFIX")
        );
    }

    /// The list has that of the first tenant, too, which is no document's.
    #[test]
    fn the_first_tenants_secret_is_no_documents() {
        const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret";
        let first = format!("{ARN}:first-AbCdEf");
        let of = |list: String| {
            let first = first.clone();
            Trust::of_a_stack(move |name| match name {
                "DRAWBRIDGE_TENANTS" => Some(format!(
                    r#"[{{"name":"main","tenant_id":"first.example","certificate":"{first}",
                    "client_id":"00000000-0000-0000-0000-000000000002"}}]"#
                )),
                ALLOWED_SECRETS => Some(list.clone()),
                name => stack(name),
            })
            .unwrap()
        };
        let trust = of(format!("{first},{ARN}:shared-AbCdEf"));
        for (name, place, is_taken) in [
            ("evil", "first-AbCdEf", false),
            ("evil", "shared-AbCdEf", true),
            // It is read only where the administrator has it take that tenant's place.
            ("main", "first-AbCdEf", true),
        ] {
            for field in ["secret", "certificate"] {
                let document = tenant(name, &format!("{field} = \"{ARN}:{place}\""));
                let refusal = refusal(&trust, &document);
                assert_eq!(refusal.is_none(), is_taken, "{name} {place}: {refusal:?}");
            }
        }
        let trust = of(format!("{first},{first}"));
        let document = tenant("beside", &format!("secret = \"{first}\""));
        assert_eq!(refusal(&trust, &document), None, "listed once more");
    }

    /// An operator's `tenants check` refuses what the function would, or says what it has to be told.
    #[test]
    fn what_an_operator_has_not_told_is_not_taken_for_granted() {
        const ARN: &str =
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/shared-AbCdEf";
        let of = |tenants: Option<&str>| {
            let tenants = tenants.map(str::to_owned);
            let trust = Trust::of_a_stack_elsewhere(|name| match name {
                TENANTS => tenants.clone(),
                name => stack(name),
            });
            trust.unwrap()
        };
        let listed = tenant("evil", &format!("secret = {ARN:?}"));
        let own = tenant("evil", "secret = \"drawbridge/prod/evil\"");
        for tenants in [None, Some(" ")] {
            let refusal = refusal(&of(tenants), &listed).unwrap();
            for word in [TENANTS, "FirstTenant", ALLOWED_SECRETS] {
                assert!(refusal.contains(word), "{refusal}");
            }
            assert_eq!(of(tenants).check(&own), Ok(()));
        }
        assert_eq!(of(Some("[]")).check(&listed), Ok(()));
        let first = format!(
            r#"[{{"name":"main","tenant_id":"first.example","secret":"{ARN}",
            "client_id":"00000000-0000-0000-0000-000000000002"}}]"#
        );
        let refusal = refusal(&of(Some(&first)), &listed).unwrap();
        assert!(refusal.contains("not this tenant's"), "{refusal}");
    }

    #[test]
    fn no_document_is_called_as_drawbridges_own_variables() {
        let trust = Trust::of_a_machine(|_| None, "/data/secrets".into()).unwrap();
        for (name, secret, is_taken) in [
            ("drawbridge-client", "DRAWBRIDGE_CLIENT_SECRET", false),
            ("drawbridge-client", "env:DRAWBRIDGE_CLIENT_SECRET", false),
            ("drawbridge", "DRAWBRIDGE_SECRET", false),
            ("drawbridge-client", "/data/secrets/drawbridge-client", true),
            ("drawbridges", "DRAWBRIDGES_SECRET", true),
        ] {
            let refusal = refusal(&trust, &tenant(name, &format!("secret = {secret:?}")));
            assert_eq!(refusal.is_none(), is_taken, "{secret}: {refusal:?}");
            // Nor is it told to use one.
            assert!(refusal.is_none_or(|text| !text.contains("DRAWBRIDGE_CLIENT")));
        }
    }

    /// What `poll --tenant-id` writes is a document as every other, and its secret is that tenant's.
    #[test]
    fn the_secret_of_the_command_line_is_of_the_tenant_that_is_called_by_its_id() {
        let trust = Trust::of_a_machine(|_| None, "/data/secrets".into()).unwrap();
        let id = "00000000-0000-0000-0000-000000000001";
        for (name, line, is_taken) in [
            (id, "secret = \"DRAWBRIDGE_CLIENT_SECRET\"", true),
            (id, "secret = \"env:DRAWBRIDGE_CLIENT_SECRET\"", true),
            (id, "certificate = \"env:DRAWBRIDGE_CLIENT_SECRET\"", false),
            (id, "secret = \"env:DRAWBRIDGE_CLIENT_SECRETS\"", false),
            ("evil", "secret = \"env:DRAWBRIDGE_CLIENT_SECRET\"", false),
        ] {
            let refusal = refusal(&trust, &tenant(name, line));
            assert_eq!(refusal.is_none(), is_taken, "{name} {line}: {refusal:?}");
            let is_told = refusal.is_none_or(|text| text.contains(CLIENT_SECRET) == (name == id));
            assert!(is_told, "{name} {line}");
        }
    }

    #[test]
    fn on_one_machine_too() {
        let variable =
            |name: &str| (name == ALLOWED_SECRETS).then(|| "SHARED,/run/token".to_owned());
        let trust = Trust::of_a_machine(variable, "/data/secrets".into()).unwrap();
        for (lines, is_taken) in [
            ("secret = \"A_B_SECRET\"", true),
            ("certificate = \"env:A_B_CERTIFICATE\"", true),
            ("secret = \"SHARED\"", true),
            ("secret = \"/data/secrets/a-b\"", true),
            ("secret = \"file:/data/secrets/a-b.pem\"", true),
            ("secret = \"/data/secrets/a-b/key.pem\"", true),
            ("federation = \"/data/secrets/a-b/token\"", true),
            ("federation = \"/run/token\"", true),
            ("secret = \"A_SECRET\"", false),
            ("secret = \"A_B_C_SECRET\"", false),
            ("secret = \"PATH\"", false),
            ("secret = \"file:/etc/passwd\"", false),
            ("secret = \"/data/secrets/victim.pem\"", false),
            ("secret = \"/data/secrets/a-b.d/key.pem\"", false),
            ("secret = \"/data/secrets/a-b/../victim\"", false),
            ("secret = \"/data/secrets\"", false),
            ("federation = \"/run/other\"", false),
        ] {
            let refusal = refusal(&trust, &tenant("a-b", lines));
            assert_eq!(refusal.is_none(), is_taken, "{lines}: {refusal:?}");
        }
    }
}
