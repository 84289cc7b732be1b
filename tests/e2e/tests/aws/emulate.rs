//! The command `emulate` brings everything up, and what it tells its user to paste works.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Ended with the test, however that ends; what it started ends with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_it_says_can_be_pasted() {
    let emulate = Command::new(env!("CARGO_BIN_EXE_emulate"))
        .arg("--functions")
        .arg(drawbridge_e2e::functions().unwrap())
        .stdout(Stdio::piped())
        .spawn();
    let mut emulate = Running(emulate.unwrap());
    let mut lines = BufReader::new(emulate.0.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines
        .by_ref()
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("Ctrl-C"))
        .collect();

    assert!(
        said.len() > 10,
        "it did not come up, and said why above: {said:?}"
    );

    // The first commands are the SIEM's.
    let export = said.iter().find(|line| line.starts_with("export"));
    let read = said.iter().find(|line| line.contains("consume.py"));
    // It waits for at least one record: the poll may still be running.
    let read = read.unwrap().strip_suffix(" 0").unwrap().to_owned() + " 1";
    let pasted = Command::new("sh")
        .args(["-c", &format!("{}\n{read}", export.unwrap())])
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&pasted.stderr).into_owned();
    let records: Vec<Value> = serde_json::from_slice(&pasted.stdout).expect(&complaint);
    assert!(!records.is_empty());
    assert_eq!(records[0]["attributes"]["tenant"], "contoso");

    // Ctrl-C.
    let interrupted = Command::new("kill")
        .args(["-INT", &emulate.0.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    assert!(emulate.0.wait().unwrap().success());
}
