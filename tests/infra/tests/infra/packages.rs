//! `infra/package`: what a release consists of, and what it refuses to pack.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::template::{folder, python, run, tool};

const STACK: &str = concat!("drawbridge-stack-", env!("CARGO_PKG_VERSION"), "-x86_64");

/// A folder of a test's own, empty at its start.
pub(crate) fn empty(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What the script looks at in the header of a program for Linux: the processor's number, and the
/// names of the C library's versions.
fn functions(name: &str, processor: u8, glibc: &str) -> PathBuf {
    let folder = empty(name);
    let mut program = vec![0; 64];
    program[..4].copy_from_slice(b"\x7fELF");
    program[18] = processor;
    program.extend(format!("GLIBC_2.2.5\0GLIBC_{glibc}\0").bytes());
    for function in ["dispatch", "poll", "deliver", "serve"] {
        fs::write(folder.join(function), &program).unwrap();
    }
    folder
}

pub(crate) fn package(out: &Path, arguments: &[&str]) -> Output {
    let mut command = python();
    command.arg(folder().join("package")).arg("--out").arg(out);
    command.args(arguments).output().unwrap()
}

/// The names in an archive and their modes, one on a line.
fn listed(archive: &str) -> String {
    let list = "import sys, tarfile, zipfile
if sys.argv[1].endswith('.zip'):
    for entry in zipfile.ZipFile(sys.argv[1]).infolist():
        print(oct(entry.external_attr >> 16 & 0o777), entry.filename)
else:
    for entry in tarfile.open(sys.argv[1]):
        print(oct(entry.mode), entry.name)";
    run(
        python().args(["-c", list, archive]),
        "the list of an archive",
    )
}

/// The links of an archive's pages that lead to nothing in it.
fn dead_links(archive: &str) -> String {
    let list = "import posixpath, re, sys, tarfile, zipfile
if sys.argv[1].endswith('.zip'):
    with zipfile.ZipFile(sys.argv[1]) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
else:
    with tarfile.open(sys.argv[1]) as archive:
        files = {entry.name: archive.extractfile(entry).read() for entry in archive}
there = set(files)
for name in files:
    while name := posixpath.dirname(name):
        there.add(name)
for name, content in files.items():
    if re.search(r'/(README|docs/.*)\\.md$', name):
        for path in re.findall(r'\\]\\(([^)#:]+)(?:#[^)]*)?\\)', content.decode()):
            if posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) not in there:
                print(name, path)";
    run(
        python().args(["-c", list, archive]),
        "the links of an archive",
    )
}

/// The documentation, to which the READMEs and the command's messages point.
fn pages() -> Vec<String> {
    let root = folder().join("..");
    let mut folders = vec![root.join("docs")];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap();
                pages.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    assert!(pages.contains(&"docs/deploy.md".to_owned()), "{pages:?}");
    pages
}

#[test]
fn the_stack_is_whole_and_the_same_each_time() {
    let binaries = functions("functions", 62, "2.34");
    let arguments = ["stack", "--arch", "x86_64", "--binaries"];
    let packed = |out: &str| {
        let out = empty(out);
        let output = package(
            &out,
            &[&arguments[..], &[binaries.to_str().unwrap()]].concat(),
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (zip, again) = (packed("stack"), packed("stack-again"));
    assert_eq!(fs::read(&zip).unwrap(), fs::read(again).unwrap());

    let mut names = String::new();
    let mut files: Vec<String> = [
        "LICENSE",
        "README.md",
        "THIRD-PARTY-NOTICES.md",
        "deliver.zip",
        "dispatch.zip",
        "jobs.yaml",
        "messages.yaml",
        "monitoring.yaml",
        "objects.yaml",
        "poll.zip",
        "samconfig.toml",
        "sentinel/aws-role.yaml",
        "sentinel/connector.json",
        "sentinel/role.json",
        "sentinel/table.json",
        "serve.yaml",
        "serve.zip",
        "template.yaml",
    ]
    .map(str::to_owned)
    .into();
    files.extend(pages());
    files.sort();
    for name in files {
        names += &format!("0o644 {STACK}/{name}\n");
    }
    assert_eq!(listed(&zip), names);
    assert_eq!(dead_links(&zip), "");

    let shelf = empty("unpacked");
    let unpack = ["-m", "zipfile", "--extract", &zip];
    run(python().args(unpack).arg(&shelf), "unpacking");
    let unpacked = shelf.join(STACK);
    for template in ["template.yaml", "serve.yaml"] {
        let template = fs::read_to_string(unpacked.join(template)).unwrap();
        for line in template.lines().map(str::trim) {
            let named = line
                .strip_prefix("CodeUri: ")
                .or(line.strip_prefix("TemplateURL: "));
            if let Some(file) = named {
                assert!(unpacked.join(file).is_file(), "{line}");
            }
        }
        assert!(
            !template.contains("BuildMethod"),
            "there is nothing to build"
        );
        assert!(template.contains("Default: x86_64, AllowedValues: [x86_64],"));
    }
    let settings = fs::read_to_string(unpacked.join("samconfig.toml")).unwrap();
    assert!(
        settings.contains("language_extensions = true"),
        "{settings}"
    );
    assert!(
        settings.contains("[default.deploy.parameters]"),
        "{settings}"
    );
    assert!(!settings.contains("build"), "{settings}");
    let readme = fs::read_to_string(unpacked.join("README.md")).unwrap();
    assert!(readme.lines().count() <= 12, "{readme}");
    let bootstrap = listed(unpacked.join("poll.zip").to_str().unwrap());
    assert_eq!(bootstrap, "0o755 bootstrap\n");
}

#[test]
fn what_lambda_cannot_start_is_not_packed() {
    for (processor, glibc, arch, complaint) in [
        (
            62,
            "2.35",
            "x86_64",
            "needs glibc 2.35, and Lambda has 2.34",
        ),
        (62, "2.34", "arm64", "is not a Linux program for arm64"),
        (183, "2.34", "x86_64", "is not a Linux program for x86_64"),
    ] {
        let binaries = functions(&format!("{processor}-{glibc}-{arch}"), processor, glibc);
        let out = empty("refused");
        let binaries = binaries.to_str().unwrap();
        let output = package(&out, &["stack", "--arch", arch, "--binaries", binaries]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(complaint),
            "{said}"
        );
        assert_eq!(fs::read_dir(out).unwrap().count(), 0);
    }
}

#[cfg(unix)]
#[test]
fn the_command_is_built_without_what_it_shares_with_the_tests() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = empty("command-build");
    let cargo = place.join("cargo");
    fs::write(&cargo, "#!/bin/sh\necho \"$@\"\nexit 1\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o700)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = python()
        .arg(folder().join("package"))
        .arg("--out")
        .arg(&place)
        .args(["command", "--target", "x86_64-unknown-linux-gnu"])
        .env("PATH", format!("{}:{path}", place.display()))
        .output()
        .unwrap();
    let asked = String::from_utf8_lossy(&output.stdout);
    assert!(
        asked.starts_with("build --release --locked --package drawbridge ")
            && asked.contains(" --no-default-features"),
        "{asked}"
    );
}

/// The command itself is stood in for: that it writes what belongs beside it is its own test.
#[cfg(unix)]
#[test]
fn the_command_is_packed_with_what_is_installed_beside_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = empty("command-binary");
    let binary = place.join("drawbridge");
    let script = "#!/bin/sh\nmkdir \"$2/man\" && echo .TH >\"$2/man/$1.1\"\n";
    fs::write(&binary, script).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o700)).unwrap();
    let binary = binary.to_str().unwrap();
    for (target, archive) in [
        ("aarch64-unknown-linux-gnu", "tar.gz"),
        ("aarch64-apple-darwin", "tar.gz"),
        ("x86_64-pc-windows-msvc", "zip"),
    ] {
        let out = empty(target);
        let output = package(&out, &["command", "--target", target, "--binary", binary]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let name = format!("drawbridge-{}-{target}", env!("CARGO_PKG_VERSION"));
        let archive = out.join(format!("{name}.{archive}"));
        let names = listed(archive.to_str().unwrap());
        let program = ["drawbridge", "drawbridge.exe"][usize::from(target.contains("windows"))];
        assert!(
            names.contains(&format!("0o755 {name}/{program}\n")),
            "{names}"
        );
        assert!(
            names.contains(&format!("0o644 {name}/man/generate.1\n")),
            "{names}"
        );
        let notices = [
            "CHANGELOG.md",
            "LICENSE",
            "README.md",
            "THIRD-PARTY-NOTICES.md",
        ];
        for file in notices.map(str::to_owned).into_iter().chain(pages()) {
            assert!(names.contains(&format!("0o644 {name}/{file}\n")), "{names}");
        }
        // A delivery to Sentinel from one machine needs the table as well.
        for file in ["sentinel/role.json", "sentinel/table.json"] {
            assert!(names.contains(&format!("0o644 {name}/{file}\n")), "{names}");
        }
        assert_eq!(dead_links(archive.to_str().unwrap()), "");
        for file in [
            "container/Dockerfile",
            "machine/drawbridge-deliver@.service",
            "machine/drawbridge.service",
            "machine/grafana-dashboard.json",
            "machine/logrotate.conf",
            "machine/prometheus-rules.yaml",
        ] {
            let is_there = names.contains(&format!("0o644 {name}/{file}\n"));
            assert_eq!(is_there, target.contains("linux"), "{names}");
        }
    }
}

/// What `cargo binstall` asks for is what the archives are called and how they are laid out.
#[test]
fn binstall_finds_the_archives() {
    let manifest = fs::read_to_string(folder().join("../functions/local/Cargo.toml")).unwrap();
    let value = |key: &str| {
        let mut lines = manifest.lines().filter_map(|line| line.split_once(" = "));
        let (_, value) = lines.find(|(name, _)| *name == key).unwrap();
        value.trim_matches('"').to_owned()
    };
    let file = value("pkg-url").rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(file, "drawbridge-{ version }-{ target }{ archive-suffix }");
    let program = "drawbridge-{ version }-{ target }/{ bin }{ binary-ext }";
    assert_eq!(value("bin-dir"), program);
    assert!(manifest.contains("overrides.x86_64-pc-windows-msvc]\npkg-fmt = \"zip\""));
}

/// The container is built of the files of the archive, where the container file looks for them.
#[test]
fn the_container_is_built_of_what_the_archive_has() {
    let text = fs::read_to_string(folder().join("container/Dockerfile")).unwrap();
    let copied: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .flat_map(|words| words.rsplit_once(' ').unwrap().0.split(' '))
        .collect();
    assert_eq!(copied, ["drawbridge", "LICENSE", "THIRD-PARTY-NOTICES.md"]);
    let base = text
        .lines()
        .find_map(|line| line.strip_prefix("FROM "))
        .unwrap();
    let (_, digest) = base.split_once("@sha256:").unwrap();
    assert!(digest.len() == 64 && base.contains(":nonroot@"), "{base}");
    assert!(text.contains("\nUSER 65532:65532\n"), "{text}");
}

#[test]
fn hadolint_finds_nothing_in_the_container_file() {
    let mut command = tool("hadolint");
    run(
        command.args(["--no-color", "container/Dockerfile"]),
        "hadolint",
    );
}

/// The bills of materials keep to the published schema, and name what is linked and nothing of tests.
#[test]
fn the_bills_of_materials_are_valid_and_whole() {
    let out = empty("sbom");
    // With the environment of this test: it asks cargo.
    let mut script = Command::new(python().get_program());
    let made = script
        .arg(folder().join("sbom"))
        .arg(&out)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let validate = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
sys.exit(repr(wrong) if wrong else 0)";
    for (name, has, lacks) in [
        ("drawbridge", "clap", "lambda_runtime"),
        ("drawbridge-stack", "lambda_runtime", "clap"),
    ] {
        let path = out.join(format!("{name}.cdx.json"));
        let path = path.to_str().unwrap();
        run(
            python().args(["-c", validate, path]),
            "the schema of CycloneDX",
        );
        let bill: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(bill["metadata"]["component"]["name"], name);
        let components = bill["components"].as_array().unwrap();
        let listed = |name: &str| components.iter().any(|component| component["name"] == name);
        assert!(components.len() > 100 && listed(has), "{name}");
        assert!(!listed(lacks) && !listed("proptest"), "{name}");
        for component in components {
            let is_ours = component["name"]
                .as_str()
                .unwrap()
                .starts_with("drawbridge");
            assert_eq!(component["hashes"].is_null(), is_ours, "{component}");
        }
    }
}

/// What a release says of itself: the section of the changelog, and of no other version.
#[test]
fn the_notes_of_a_release_are_its_section_of_the_changelog() {
    let notes = |version: &str| {
        let script = folder().join("../.ci/release-notes");
        Command::new(script).arg(version).output().unwrap()
    };
    let unreleased = String::from_utf8(notes("Unreleased").stdout).unwrap();
    assert!(
        unreleased.contains("### ") && !unreleased.contains("## ["),
        "{unreleased}"
    );
    let other = notes("99.0.0");
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(!other.status.success() && said.contains("99.0.0"), "{said}");
}
