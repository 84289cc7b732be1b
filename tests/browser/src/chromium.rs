//! The programs of Chromium and of its driver: the machine's, or those that are unpacked for the tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Chromium and its driver, where Debian and others put them. Debian's `chromium` is a script that adds
/// settings of its own; the program that it starts comes first.
const INSTALLED: [[&str; 2]; 2] = [
    [
        "/usr/lib/chromium/chromium-headless-shell",
        "/usr/bin/chromedriver",
    ],
    [
        "/usr/lib/chromium-browser/headless_shell",
        "/usr/bin/chromedriver",
    ],
];

/// Debian's packages: of the driver, alone, since it asks for a Chromium with windows.
const WHOLE: [&str; 2] = ["chromium-headless-shell", "fonts-dejavu-core"];
const ALONE: [&str; 1] = ["chromium-driver"];

/// What the scripts are told.
pub(crate) fn environment() -> Vec<(&'static str, PathBuf)> {
    let installed = INSTALLED.map(|programs| programs.map(PathBuf::from));
    let installed = installed
        .into_iter()
        .find(|programs| programs.iter().all(|program| program.exists()));
    let Some([chromium, driver]) = installed else {
        return unpacked();
    };
    vec![
        ("DRAWBRIDGE_CHROMIUM", chromium),
        ("DRAWBRIDGE_CHROMEDRIVER", driver),
    ]
}

fn unpacked() -> Vec<(&'static str, PathBuf)> {
    let folder = drawbridge_emulator::debian_packages("chromium", &WHOLE, &ALONE).unwrap_or_else(|error| {
        panic!(
            "There is no Chromium, and its packages cannot be unpacked: {error}. On Debian: apt-get \
             install chromium-headless-shell chromium-driver fonts-dejavu-core."
        )
    });
    let fonts = folder.join("fonts.conf");
    let said = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\"><fontconfig>\
         <dir>{0}/usr/share/fonts</dir><cachedir>{0}/fonts</cachedir></fontconfig>",
        folder.display()
    );
    fs::write(&fonts, said).unwrap_or_else(|error| panic!("{}: {error}", fonts.display()));
    vec![
        (
            "DRAWBRIDGE_CHROMIUM",
            folder.join("usr/lib/chromium/chromium-headless-shell"),
        ),
        (
            "DRAWBRIDGE_CHROMEDRIVER",
            folder.join("usr/bin/chromedriver"),
        ),
        ("LD_LIBRARY_PATH", libraries(&folder.join("usr/lib")).into()),
        ("FONTCONFIG_FILE", fonts),
    ]
}

/// Every folder that has libraries of the packages, which are below one for each machine type.
fn libraries(root: &Path) -> String {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir());
        folders.collect()
    };
    let machines = below(root);
    let machines = machines
        .iter()
        .filter(|folder| folder.to_string_lossy().contains("linux-gnu"));
    let all = machines.flat_map(|folder| std::iter::once(folder.clone()).chain(below(folder)));
    let all: Vec<String> = all.map(|folder| folder.display().to_string()).collect();
    all.join(":")
}
