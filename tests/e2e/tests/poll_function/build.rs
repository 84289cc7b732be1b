use std::path::{Path, PathBuf};
use std::process::Command;

/// The release build of the poll function, as it would be deployed.
pub(crate) fn bootstrap() -> PathBuf {
    let target = target_dir();
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "drawbridge-poll",
        ])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the release build of the poll function failed: see above"
    );
    target.join("release/poll")
}

/// The folder of all builds: this test lies in `target/<profile>/deps/`.
fn target_dir() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).map(Path::to_owned).unwrap()
}
