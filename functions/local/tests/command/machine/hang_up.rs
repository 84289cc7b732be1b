//! SIGHUP: whoever rotates files sends it, and a terminal that is closed.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use drawbridge_simulator::{Fault, Options};

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, drawbridge, run, signal};
use crate::support::documents::{command, lines, write};
use crate::support::folder::Folder;
use crate::support::tenant::{SINCE, Tenant};
use crate::support::until;

#[test]
fn polls_go_on() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let child = command(&folder, &["poll", "--all", "--every", "1s"])
        .spawn()
        .unwrap();
    until(|| lines(&folder, "contoso", "siem.ndjson").len() == 2);
    signal(&child, "-HUP");
    let asked = tenant.simulator.stats().list_requests;
    tenant.until(|stats| stats.list_requests >= asked + 2);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap()).well();
}

#[test]
fn a_delivery_goes_on() {
    let folder = Folder::new();
    let to = folder.path().join("to.json");
    // Nobody listens there: it waits and asks again.
    fs::write(
        &to,
        r#"{"target":"webhook","url":"http://127.0.0.1:9","secret":"env:KEY"}"#,
    )
    .unwrap();
    fs::write(folder.own_output(), "{\"FullId\":\"1\"}\n").unwrap();
    let mut deliver = drawbridge(&["deliver", "--every", "1s", "--to"]);
    deliver.arg(&to).arg("--file").arg(folder.output());
    let child = deliver.env("KEY", "k".repeat(32)).spawn().unwrap();
    // Its lock is there, and with it the ear for signals.
    until(|| {
        fs::read_dir(folder.output().parent().unwrap())
            .unwrap()
            .any(|entry| entry.unwrap().path().extension() == Some("lock".as_ref()))
    });
    signal(&child, "-HUP");
    signal(&child, "-INT");
    // It was asked to stop, and not ended by the other signal.
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert!(outcome.code.is_some(), "{outcome:?}");
    assert!(outcome.stderr.contains("stopping after"), "{outcome:?}");
}

/// Runs its arguments on a terminal, which is closed once a line comes, and ends as they do.
const TERMINAL: &str = r#"
import os, pty, select, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
print(child, flush=True)
while sys.stdin not in select.select([sys.stdin, terminal], [], [])[0]:
    try:
        os.read(terminal, 65536)
    except OSError:
        break
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// A command on a terminal of its own.
struct OnTerminal {
    python: Child,
    stdin: ChildStdin,
    id: String,
}

impl OnTerminal {
    fn start(command: &Command) -> Self {
        let mut python = Command::new("python3");
        python
            .args(["-c", TERMINAL])
            .arg(command.get_program())
            .args(command.get_args())
            .env("TERM", "xterm");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => python.env(name, value),
                None => python.env_remove(name),
            };
        }
        let mut python = python
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut id = String::new();
        let mut stdout = BufReader::new(python.stdout.take().unwrap());
        stdout.read_line(&mut id).unwrap();
        Self {
            stdin: python.stdin.take().unwrap(),
            python,
            id: id.trim().to_owned(),
        }
    }

    fn close_terminal(&mut self) {
        self.stdin.write_all(b"close\n").unwrap();
    }

    /// Asks it to stop, and gives its exit code.
    fn stop(mut self) -> Option<i32> {
        let kill = Command::new("kill").args(["-TERM", &self.id]).status();
        assert!(kill.unwrap().success());
        let mut code = None;
        until(|| {
            code = self.python.try_wait().unwrap();
            code.is_some()
        });
        code.unwrap().code()
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        if self.python.try_wait().is_ok_and(|code| code.is_none()) {
            let _ = Command::new("kill").args(["-KILL", &self.id]).status();
            let _ = self.python.wait();
        }
    }
}

/// A tenant whose pages are slow enough for a bar to be drawn again and again.
fn slow(alerts: usize) -> Tenant {
    let options = Options {
        page_latency: Duration::from_millis(250),
        ..Options::default()
    };
    let alerts: Vec<_> = (0..alerts).map(|n| alert(n, 1)).collect();
    Tenant::with(options, &list(&alerts))
}

#[test]
fn polls_with_a_bar_go_on() {
    let (tenant, folder, other) = (slow(1), Folder::new(), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let named = command(&folder, &["poll", "--tenant", "contoso", "--every", "1s"]);
    let by_id = tenant.poll_since(SINCE, &["--every", "1s"], &other);
    for poll in [named, by_id] {
        let asked = tenant.simulator.stats().list_requests;
        let mut poll = OnTerminal::start(&poll);
        // By the third request, the first poll has printed its report.
        tenant.until(|stats| stats.list_requests > asked + 2);
        poll.close_terminal();
        // Of this, a line is written where the bar is.
        tenant.simulator.inject(Fault::Partial {
            warning: "199 - \"a provider did not answer\"".into(),
        });
        let asked = tenant.simulator.stats().list_requests;
        tenant.until(|stats| stats.list_requests > asked + 4);
        assert_eq!(poll.stop(), Some(0));
    }
}

#[test]
fn a_backfill_with_a_bar_goes_on() {
    let (tenant, folder) = (slow(12), Folder::new());
    write(&folder, "contoso", &tenant, "page_size = 1");
    let range = ["--from", "2021-05-02", "--to", "2021-05-03"];
    let backfill = [&["backfill", "--tenant", "contoso", "--yes"][..], &range].concat();
    let mut begun = OnTerminal::start(&command(&folder, &backfill));
    let asked_after = |count| {
        let asked = tenant.simulator.stats().list_requests;
        tenant.until(|stats| stats.list_requests > asked + count);
    };
    asked_after(3);
    begun.close_terminal();
    asked_after(3);
    // "stopped before the end", and it left the folder to others.
    assert_eq!(begun.stop(), Some(1));
    run(command(&folder, &backfill)).well();
    let written = lines(&folder, "contoso", "siem.ndjson");
    assert!(written.len() >= 12, "{written:?}");
}
