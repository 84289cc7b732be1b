//! Where the tenants, the state and the quarantine are: a folder of this machine, or a stack's bucket.

mod folder_secrets;
mod given_place;
mod named_stack;
mod open_folders;
mod polling;
mod stack;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use drawbridge_config::{Tenant, Trust};
use drawbridge_deliver::NamedSecrets;
use drawbridge_files::shell_quoted;
use drawbridge_http::HttpTransport;
use drawbridge_poll::MAX_STATE_BYTES;
use drawbridge_poll::assembly::Services;
use drawbridge_queue::Queue;
use drawbridge_secrets::Secrets;
use drawbridge_store::{Catalogue, LocalStore, Store};
use drawbridge_time::SystemClock;

use self::folder_secrets::FolderSecrets;
use self::given_place::GivenPlace;
pub(crate) use self::given_place::{DEFAULT_FOLDER, given_stack};
pub(crate) use self::named_stack::{NamedStack, StackQueue};
pub(crate) use self::open_folders::{open_folders, warn_of_open_folders};
pub(crate) use self::polling::{POLLING_ENDING, Polling, is_polled};
use crate::cli;
use crate::failure::Failure;

/// The folder of the tenants' secrets in that.
const SECRETS_FOLDER: &str = "secrets";

/// The folder of served records. `serve` shows them to nobody but the clients that the documents name.
pub(crate) const SERVED_FOLDER: &str = "served";

/// Separates the tenant from the time in the name of an old state that was kept.
pub(crate) const BEFORE: &str = ".before-";

/// The folders of a data folder that are no tenant's records, and for its owner alone.
pub(crate) const FOLDERS: [&str; 9] = [
    "admin",
    "backfills",
    "oversize",
    "pages",
    "quarantine",
    SECRETS_FOLDER,
    SERVED_FOLDER,
    "state",
    "tenants",
];

/// A folder or a stack, opened.
pub(crate) struct DataLocation {
    /// Its objects.
    pub(crate) store: Arc<dyn Catalogue>,
    kind: Kind,
}

enum Kind {
    Folder(PathBuf),
    Stack(Box<stack::Stack>),
}

impl DataLocation {
    /// Opens the place that the command line or, for a stack, the environment names.
    pub(crate) async fn open(args: &cli::DataLocationArgs) -> Result<Self, Failure> {
        match GivenPlace::read(args, |name| std::env::var(name).ok())? {
            GivenPlace::Folder(folder) => Ok(Self::folder(folder)),
            GivenPlace::Stack(name) => Self::named_stack(&name).await,
            GivenPlace::Bucket(bucket) => Self::bucket(bucket).await,
        }
    }

    /// The same, where a command can do nothing in a folder that is not there.
    pub(crate) async fn open_existing(args: &cli::DataLocationArgs) -> Result<Self, Failure> {
        let place = Self::open(args).await?;
        place.check_is_there()?;
        Ok(place)
    }

    /// A folder.
    pub(crate) fn folder(folder: PathBuf) -> Self {
        Self {
            store: Arc::new(LocalStore::new(&folder)),
            kind: Kind::Folder(folder),
        }
    }

    async fn bucket(bucket: String) -> Result<Self, Failure> {
        Ok(Self::of_stack(stack::Stack::of_bucket(bucket).await))
    }

    async fn named_stack(name: &str) -> Result<Self, Failure> {
        Ok(Self::of_stack(stack::Stack::of_name(name).await?))
    }

    fn of_stack(stack: stack::Stack) -> Self {
        Self {
            store: stack.store(),
            kind: Kind::Stack(Box::new(stack)),
        }
    }

    /// A stack with these outputs and parameters whose objects are in `store`. It reaches no AWS.
    #[cfg(test)]
    pub(crate) fn test_stack(
        store: Arc<dyn Catalogue>,
        outputs: &[(&str, &str)],
        parameters: &[(&str, &str)],
    ) -> Self {
        Self::test_place(store, Some(NamedStack::of_test(outputs, parameters)))
    }

    /// A bucket alone whose objects are in `store`. It reaches no AWS.
    #[cfg(test)]
    pub(crate) fn test_bucket(store: Arc<dyn Catalogue>) -> Self {
        Self::test_place(store, None)
    }

    #[cfg(test)]
    fn test_place(store: Arc<dyn Catalogue>, named: Option<NamedStack>) -> Self {
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .build();
        Self {
            store,
            ..Self::of_stack(stack::Stack::new(config, "b".to_owned(), named))
        }
    }

    /// Refuses a folder that is not there, where a command only looks at what one holds. The default one is
    /// no mistake: nothing was added yet.
    pub(crate) fn check_exists(&self) -> Result<(), Failure> {
        match self.as_folder() {
            Some(folder) if folder != Path::new(DEFAULT_FOLDER) => self.check_is_there(),
            _ => Ok(()),
        }
    }

    /// Refuses a folder that is not there, where a command can do nothing without one.
    pub(crate) fn check_is_there(&self) -> Result<(), Failure> {
        match self.as_folder() {
            Some(folder) if !folder.is_dir() => {
                let folder = folder.display();
                let add = self.command("tenants add NAME …");
                Err(Failure::of(format!(
                    "there is no folder {folder}: name the data folder with --out, or add the first \
                     tenant with {add}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The same objects, as polls see them.
    pub(crate) fn objects(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// The folder, unless it is a stack.
    pub(crate) fn as_folder(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Folder(folder) => Some(folder),
            Kind::Stack(_) => None,
        }
    }

    /// Within what time polls go by what was written: a stack lists documents every five minutes, and
    /// reads the administrator's list as often.
    pub(crate) fn heard_within(&self) -> &'static str {
        match self.kind {
            Kind::Folder(_) => "a minute",
            Kind::Stack(_) => "five minutes",
        }
    }

    /// What to call it.
    pub(crate) fn name(&self) -> String {
        match &self.kind {
            Kind::Folder(folder) => format!("the folder {}", folder.display()),
            Kind::Stack(stack) => match stack.named() {
                Some(named) => format!("the stack {}", named.name()),
                None => format!("the bucket {}", stack.bucket()),
            },
        }
    }

    /// The options that name it in another command.
    pub(crate) fn options(&self) -> String {
        match &self.kind {
            Kind::Folder(folder) if folder == Path::new(DEFAULT_FOLDER) => String::new(),
            Kind::Folder(folder) => {
                format!(" --out {}", shell_quoted(&folder.display().to_string()))
            }
            Kind::Stack(stack) => match stack.named() {
                Some(named) => format!(" --stack {}", named.name()),
                None => format!(" --bucket {}", stack.bucket()),
            },
        }
    }

    /// A command that goes on from here, as it can be pasted into a shell.
    pub(crate) fn command(&self, command: &str) -> String {
        format!("`drawbridge {command}{}`", self.options())
    }

    /// What its tenants share.
    pub(crate) fn services(&self) -> Result<Services, Failure> {
        let (secrets, aws_assertions): (Arc<dyn Secrets>, _) = match &self.kind {
            Kind::Folder(_) => (Arc::new(on_one_machine()), None),
            Kind::Stack(stack) => (stack.secrets(), Some(stack.assertions())),
        };
        Ok(Services {
            transport: Arc::new(HttpTransport::new()),
            public_transport: Arc::new(HttpTransport::to_public_addresses()),
            trust: self.trust()?,
            secrets,
            store: Arc::clone(&self.store),
            clock: Arc::new(SystemClock),
            aws_assertions,
            most_state_bytes: MAX_STATE_BYTES,
        })
    }

    /// What its administrator lets documents do.
    pub(crate) fn trust(&self) -> Result<Trust, Failure> {
        let variable = |name: &str| self.variable(name);
        let trust = match &self.kind {
            Kind::Folder(folder) => Trust::of_a_machine(variable, folder.join(SECRETS_FOLDER)),
            Kind::Stack(_) => Trust::of_a_stack_elsewhere(variable),
        };
        let trust = trust.map_err(Failure::of)?;
        Ok(trust.suggesting(self.options()))
    }

    /// A setting of the place: of a stack that is known by its name its own, else one of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        if let Some(stack) = self.as_named_stack() {
            return stack.variable(name);
        }
        std::env::var(name).ok()
    }

    /// The stack, if it was given by its name.
    pub(crate) fn as_named_stack(&self) -> Option<&NamedStack> {
        match &self.kind {
            Kind::Folder(_) => None,
            Kind::Stack(stack) => stack.named(),
        }
    }

    /// Whether it is a stack that is known to deliver its records to no target.
    pub(crate) fn delivers_nothing(&self) -> bool {
        match &self.kind {
            Kind::Folder(_) => false,
            Kind::Stack(stack) => stack.named().is_some_and(|named| !named.delivers()),
        }
    }

    /// The settings of clients for a stack's services.
    pub(crate) fn as_sdk_config(&self) -> Option<&aws_config::SdkConfig> {
        match &self.kind {
            Kind::Folder(_) => None,
            Kind::Stack(stack) => Some(stack.config()),
        }
    }

    /// The tenants of the stack's parameters, as far as this command knows them. If they cannot be read,
    /// [`services`](Self::services) has failed already.
    pub(crate) fn given_tenants(&self) -> Vec<Tenant> {
        match &self.kind {
            Kind::Folder(_) => Vec::new(),
            Kind::Stack(_) => {
                let given = drawbridge_config::given_tenants(|name| self.variable(name));
                given.unwrap_or_default()
            }
        }
    }

    /// The queue of an output of the stack, and whether its reader resolves pointers.
    pub(crate) fn records(
        &self,
        output: &str,
        url: &str,
        pointers: bool,
    ) -> Result<Arc<dyn Queue>, Failure> {
        match &self.kind {
            Kind::Folder(_) => Err(Failure::usage(
                "--queue goes with --stack or --bucket: in a folder, records go to the output's file; leave it out",
            )),
            Kind::Stack(stack) => Ok(stack.records(output, url, pointers)),
        }
    }
}

/// The secrets of a single machine: `env:NAME` and `file:PATH`, as for `deliver`, or a name that
/// says by itself which of the two it is.
fn on_one_machine() -> NamedSecrets {
    NamedSecrets::new(Some(Arc::new(FolderSecrets)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[tokio::test]
    async fn a_prefix_says_which_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("SECRET");
        std::fs::write(&path, "from a file").unwrap();
        let file = format!("file:{}", path.display());
        let secret = on_one_machine().get(&file).await.unwrap();
        assert_eq!(secret.expose_secret(), "from a file");
        let error = on_one_machine().get("env:DRAWBRIDGE_NOT_SET").await;
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("DRAWBRIDGE_NOT_SET")
        );
    }
}
