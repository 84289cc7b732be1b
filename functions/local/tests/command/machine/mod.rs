//! What a machine does to a poll that runs for weeks: it rotates its files, sends it signals, takes
//! its terminal away.
#![cfg(unix)]

mod hang_up;
mod on_disk;
mod open_files;
mod rotation;
mod streams;
#[cfg(target_os = "linux")]
mod unit;

use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::{process::Command, sync::Mutex};

/// A file that a machine is set up with.
fn shipped(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/machine");
    std::fs::read_to_string(path.join(file)).unwrap()
}

/// A program of the system. One that is not there is unpacked from Debian's packages, for these tests
/// alone: nothing is installed.
#[cfg(target_os = "linux")]
pub(crate) fn program(name: &str, packages: &[&str]) -> Command {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Some are not on every user's path.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = |folders: &mut dyn Iterator<Item = PathBuf>| {
        let mut programs = folders.map(|folder| folder.join(name));
        programs.find(|program| program.is_file())
    };
    if let Some(program) = found(&mut folders.into_iter()) {
        return Command::new(program);
    }
    let _lock = ONE_AT_A_TIME.lock().unwrap();
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let root = target.join("debian").join(name);
    let unpacked = || {
        let folders = ["usr/sbin", "usr/bin", "sbin", "bin"].map(|folder| root.join(folder));
        found(&mut folders.into_iter())
    };
    if unpacked().is_none() {
        std::fs::create_dir_all(&root).unwrap();
        let told = unpack(&root, packages);
        assert!(
            unpacked().is_some(),
            "{name} is needed for this test: apt-get install {}\n{told}",
            packages.join(" ")
        );
    }
    let mut command = Command::new(unpacked().unwrap());
    let libraries = [
        "usr/lib/x86_64-linux-gnu",
        "usr/lib/x86_64-linux-gnu/systemd",
    ]
    .map(|folder| root.join(folder).display().to_string());
    command.env("LD_LIBRARY_PATH", libraries.join(":"));
    command
}

/// Unpacks Debian's packages into a folder; what its tools said.
#[cfg(target_os = "linux")]
fn unpack(root: &Path, packages: &[&str]) -> String {
    let mut told = String::new();
    let mut run = |command: &mut Command| {
        let output = command.current_dir(root).output();
        let is_well = output.as_ref().is_ok_and(|output| output.status.success());
        told += &match output {
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => format!("{command:?}: {error}\n"),
        };
        is_well
    };
    let mut download = || run(Command::new("apt-get").arg("download").args(packages));
    if !download() {
        // A new machine has no lists of packages; this needs root.
        run(Command::new("apt-get").args(["update", "--quiet"]));
        run(Command::new("apt-get").arg("download").args(packages));
    }
    for file in std::fs::read_dir(root).unwrap().flatten() {
        if file
            .path()
            .extension()
            .is_some_and(|ending| ending == "deb")
        {
            run(Command::new("dpkg-deb").arg("-x").arg(file.path()).arg("."));
        }
    }
    told
}
