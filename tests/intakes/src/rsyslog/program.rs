//! The program of rsyslogd with its TLS drivers: the machine's, or one that is unpacked for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian, Fedora and others put it; it is not on every user's path.
const PLACES: [&str; 2] = ["/usr/sbin/rsyslogd", "/usr/local/sbin/rsyslogd"];
/// Where each distribution has a folder of its modules, or a folder with that one for each machine type.
const LIBRARIES: [&str; 2] = ["/usr/lib", "/usr/lib64"];
/// The modules of its TLS drivers, each of a package of its own.
const DRIVERS: [&str; 2] = ["lmnsd_ossl.so", "lmnsd_gtls.so"];
/// Debian's packages of the program, and of those libraries that nothing else brings along.
const PACKAGES: [&str; 5] = [
    "rsyslog",
    "rsyslog-openssl",
    "rsyslog-gnutls",
    "libestr0",
    "libfastjson4",
];
pub(super) struct Program {
    file: PathBuf,
    /// Where its modules and libraries are, if not where it looks by itself.
    libraries: Option<PathBuf>,
}

impl Program {
    /// The machine's own. Where it has none, Debian's packages are unpacked below `target/`, for which
    /// nobody has to be root.
    pub(super) fn get() -> Self {
        let installed = PLACES.iter().map(PathBuf::from).find(|file| file.exists());
        match installed {
            Some(file) if modules_in(LIBRARIES.map(PathBuf::from)).is_some() => Self {
                file,
                libraries: None,
            },
            _ => unpacked(),
        }
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.file);
        if let Some(libraries) = &self.libraries {
            let modules = libraries.join("rsyslog");
            command.env("LD_LIBRARY_PATH", libraries);
            command.arg("-M").arg(modules);
        }
        command
    }
}

/// The folder that has rsyslog's modules, with the TLS drivers among them.
fn modules_in(libraries: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let folders = libraries.into_iter().flat_map(|root| {
        let below = fs::read_dir(&root).into_iter().flatten().flatten();
        let below: Vec<PathBuf> = below.map(|entry| entry.path()).collect();
        std::iter::once(root).chain(below)
    });
    let mut folders = folders.map(|folder| folder.join("rsyslog"));
    folders.find(|folder| DRIVERS.iter().all(|driver| folder.join(driver).exists()))
}

fn unpacked() -> Program {
    let folder = drawbridge_emulator::debian_packages("rsyslog", &[], &PACKAGES).unwrap_or_else(|error| {
        panic!(
            "There is no rsyslogd with its TLS drivers, and its packages cannot be unpacked: {error}. On \
             Debian: apt-get install rsyslog rsyslog-openssl rsyslog-gnutls."
        )
    });
    let modules = modules_in([folder.join("usr/lib")]).expect("the packages have the TLS drivers");
    Program {
        file: folder.join("usr/sbin/rsyslogd"),
        libraries: modules.parent().map(Path::to_owned),
    }
}
