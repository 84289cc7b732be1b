//! The names of all variables of the environment that begin with `DRAWBRIDGE_`. A misspelt one would do nothing,
//! without a word.

use drawbridge_document::nearest;

use crate::read::entries;

/// How all of them begin.
const PREFIX: &str = "DRAWBRIDGE_";

/// The variable with the secrets that any document may name, separated by commas.
pub(crate) const ALLOWED_SECRETS: &str = "DRAWBRIDGE_ALLOWED_SECRETS";

/// What the command and the functions read.
const READ: [&str; 18] = [
    ALLOWED_SECRETS,
    "DRAWBRIDGE_ALLOWED_HOSTS",
    "DRAWBRIDGE_BUCKET",
    "DRAWBRIDGE_CLIENT_SECRET",
    "DRAWBRIDGE_DELIVER",
    "DRAWBRIDGE_DELIVER_FORMAT",
    "DRAWBRIDGE_GRAPH_URL",
    "DRAWBRIDGE_JOBS_QUEUE_URL",
    "DRAWBRIDGE_LOG",
    "DRAWBRIDGE_LOGIN_URL",
    "DRAWBRIDGE_OUTPUTS",
    "DRAWBRIDGE_QUEUE_URL",
    "DRAWBRIDGE_READERS",
    "DRAWBRIDGE_SECRET_PREFIX",
    "DRAWBRIDGE_STACK",
    "DRAWBRIDGE_TENANTS",
    "DRAWBRIDGE_TENANT_METRICS",
    "DRAWBRIDGE_TOKEN_KEY",
];

/// What builds and tests read, which start the command as well.
const OF_DEVELOPERS: [&str; 10] = [
    "DRAWBRIDGE_BLESS",
    "DRAWBRIDGE_CHROMEDRIVER",
    "DRAWBRIDGE_CHROMIUM",
    "DRAWBRIDGE_COMMIT",
    "DRAWBRIDGE_FUNCTIONS",
    "DRAWBRIDGE_MUTANT",
    "DRAWBRIDGE_SCREENSHOTS",
    "DRAWBRIDGE_TEST_FULL",
    "DRAWBRIDGE_TEST_WORKER",
    "DRAWBRIDGE_VERSION",
];

/// A variable that is set, and that nothing reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the variable {name} is set, but it is no setting of Drawbridge{}: correct it, unset it, or rename it if it is a \
     secret of yours, since all names that begin with {PREFIX} are Drawbridge's own",
    meant(.name, .nearest)
)]
pub struct UnknownVariable {
    /// Its name.
    pub name: String,
    /// The known one whose name is nearest, if any is near.
    nearest: Option<&'static str>,
}

/// What is an option of the command, and no variable: the rest of the name, and the option.
const OPTIONS: [(&str, &str); 4] = [
    ("CLIENT_ID", "--client-id"),
    ("OUT", "--out"),
    ("TENANT", "--tenant"),
    ("TENANT_ID", "--tenant-id"),
];

fn meant(name: &str, nearest: &Option<&str>) -> String {
    let mut options = OPTIONS.iter();
    let option = options.find(|(rest, _)| name.strip_prefix(PREFIX) == Some(rest));
    match option.map(|(_, option)| *option).or(*nearest) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => String::new(),
    }
}

/// Refuses the first variable of an environment, given by names, that begins as ours do and that nothing reads;
/// `variable` gives a variable's value. What `DRAWBRIDGE_ALLOWED_SECRETS` lists is a secret with a name of the
/// administrator's choice.
///
/// # Errors
/// [`UnknownVariable`]
pub fn check_variables(
    names: impl IntoIterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), UnknownVariable> {
    let allowed_secrets = variable(ALLOWED_SECRETS).unwrap_or_default();
    let is_secret = |name: &str| {
        let mut places = entries(&allowed_secrets);
        places.any(|place| place.strip_prefix("env:").unwrap_or(place) == name)
    };
    let mut unknown: Vec<String> = names
        .into_iter()
        .filter(|name| is_ours(name) && !is_known(name))
        .filter(|name| !is_of_kubernetes(name) && !is_secret(name))
        .collect();
    // The same one each time.
    unknown.sort_unstable();
    let Some(name) = unknown.into_iter().next() else {
        return Ok(());
    };
    let rest = |name: &'static str| name.strip_prefix(PREFIX).unwrap_or(name);
    // What all of them begin with would make all of them near.
    let nearest = nearest(&name[PREFIX.len()..], READ.map(rest));
    let nearest = READ
        .into_iter()
        .find(|known| nearest.is_some_and(|nearest| rest(known) == nearest));
    Err(UnknownVariable { name, nearest })
}

/// Whether the name begins as ours do, in capitals or, as nobody would read it, not.
fn is_ours(name: &str) -> bool {
    let start = name.as_bytes().get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

fn is_known(name: &str) -> bool {
    READ.iter().chain(&OF_DEVELOPERS).any(|known| {
        // Windows tells no capitals from others.
        *known == name || cfg!(windows) && known.eq_ignore_ascii_case(name)
    })
}

/// Whether Kubernetes sets such a variable in each pod, for a service that is called `drawbridge` or
/// `drawbridge-…`: its host, its port and its address as Docker had them.
fn is_of_kubernetes(name: &str) -> bool {
    let is_number = |part: &str| part.parse::<u16>().is_ok();
    let is_protocol = |part: &str| matches!(part, "TCP" | "UDP" | "SCTP");
    let parts: Vec<&str> = name.split('_').collect();
    let is_service = parts
        .windows(2)
        .any(|pair| matches!(pair, ["SERVICE", "HOST" | "PORT"]));
    let is_address = parts.windows(3).any(
        |three| matches!(three, ["PORT", port, protocol] if is_number(port) && is_protocol(protocol)),
    );
    is_service || is_address || parts.last() == Some(&"PORT")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn check(names: &[&str], allowed_secrets: Option<&str>) -> Result<(), UnknownVariable> {
        let variable = |_: &str| allowed_secrets.map(str::to_owned);
        check_variables(names.iter().map(ToString::to_string), variable)
    }

    #[test]
    fn a_slip_is_refused_with_the_name_that_is_nearest() {
        for (slip, meant) in [
            ("DRAWBRIDGE_STAK", "DRAWBRIDGE_STACK"),
            ("DRAWBRIDGE_CLIENT_SECRETS", "DRAWBRIDGE_CLIENT_SECRET"),
            ("DRAWBRIDGE_SECRET", "DRAWBRIDGE_SECRET_PREFIX"),
            ("DRAWBRIDGE_ALLOWED_HOST", "DRAWBRIDGE_ALLOWED_HOSTS"),
            ("DRAWBRIDGE_LOGS", "DRAWBRIDGE_LOG"),
            ("drawbridge_log", "DRAWBRIDGE_LOG"),
        ] {
            let error = check(&["PATH", "DRAWBRIDGE_LOG", slip], None).unwrap_err();
            let text = error.to_string();
            let expected = format!("no setting of Drawbridge; did you mean {meant}?");
            assert!(text.contains(slip) && text.contains(&expected), "{text}");
        }
        let text = check(&["DRAWBRIDGE_ZZZ"], None).unwrap_err().to_string();
        assert!(!text.contains("did you mean"), "{text}");
    }

    #[test]
    fn what_others_set_or_the_administrator_allows_is_not_refused() {
        let own = [&READ[..], &OF_DEVELOPERS].concat();
        assert_eq!(check(&own, None), Ok(()));
        let others = [
            "DRAWBRIDGE",
            "DRAWBRIDGES_X",
            "DRAWBRIDGE_PORT",
            "DRAWBRIDGE_SERVICE_HOST",
            "DRAWBRIDGE_SERVICE_PORT_HTTPS",
            "DRAWBRIDGE_SERVE_SERVICE_HOST",
            "DRAWBRIDGE_PORT_8080_TCP_ADDR",
            "DRAWBRIDGE_SERVE_PORT_8080_TCP",
        ];
        assert_eq!(check(&others, None), Ok(()));
        let secrets = ["DRAWBRIDGE_ONE", "DRAWBRIDGE_OTHER"];
        let listed = Some("DRAWBRIDGE_ONE, env:DRAWBRIDGE_OTHER");
        assert_eq!(check(&secrets, listed), Ok(()));
        assert!(check(&secrets, Some("DRAWBRIDGE_ONE")).is_err());
    }

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => files(&path, found),
                false => found.push(path),
            }
        }
    }

    /// The names in a text that may be our variables.
    fn names(text: &str) -> impl Iterator<Item = String> {
        let after = text.split(PREFIX).skip(1);
        let rest = after.map(|after| {
            let end = after.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            after[..end.unwrap_or(after.len())].to_owned()
        });
        rest.filter(|rest| !rest.is_empty())
            .map(|rest| format!("{PREFIX}{rest}"))
    }

    /// The code without its tests, the templates, the workflows and the documentation.
    #[test]
    fn every_name_in_this_repository_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = Vec::new();
        for folder in ["functions", "shared", "infra", "docs", ".github"] {
            files(&root.join(folder), &mut found);
        }
        let is_test = |path: &PathBuf| {
            let path = path.strip_prefix(&root).unwrap().display().to_string();
            path.contains("/tests/") || path.ends_with("tests.rs")
        };
        found.retain(|path| !is_test(path));
        let mut all = BTreeSet::new();
        for path in found {
            // A picture has none.
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            all.extend(names(code));
        }
        assert!(all.len() >= READ.len(), "{all:?}");
        let unknown: Vec<_> = all.iter().filter(|name| !is_known(name)).collect();
        assert_eq!(unknown, Vec::<&String>::new());
        let unread: Vec<_> = READ.iter().filter(|name| !all.contains(**name)).collect();
        assert_eq!(unread, Vec::<&&str>::new());
    }
}
