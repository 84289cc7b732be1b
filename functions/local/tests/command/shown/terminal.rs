//! A terminal: Python's `pty` is one.

use std::process::Command;

use crate::support::command::{drawbridge, run};
use crate::support::documents::{command, write, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, Tenant};

/// Runs its arguments but the first two on a terminal of so many columns, where the second is typed, and
/// repeats what that shows.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    size = struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0)
    fcntl.ioctl(2, termios.TIOCSWINSZ, size)
    os.execv(sys.argv[3], sys.argv[3:])
os.write(terminal, sys.argv[2].encode())
while True:
    try:
        shown = os.read(terminal, 65536)
    except OSError:
        break
    if not shown:
        break
    sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// All that was written to the terminal, and whether the command did well.
pub(super) fn on_terminal(command: &Command, columns: usize, typed: &str) -> (String, bool) {
    let mut python = Command::new("python3");
    python
        .args(["-c", TERMINAL, &columns.to_string(), typed])
        .arg(command.get_program())
        .args(command.get_args())
        .env("TERM", "xterm")
        .env_remove("COLUMNS");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let output = python.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    (shown, output.status.success())
}

/// Lines that end between words where they would be longer than the terminal. Commands between backticks
/// stay whole.
#[track_caller]
pub(super) fn assert_fits(lines: &[&str], columns: usize) {
    for line in lines {
        let is_whole = line.contains('`') || !line.trim().contains(' ');
        let length = line.trim_end().chars().count();
        assert!(length <= columns || is_whole, "{line:?} in {lines:#?}");
    }
}

/// Nothing happens otherwise, and it looks as if the command hung.
#[test]
fn a_command_that_reads_the_terminal_says_so() {
    for command in ["map", "explain"] {
        let (shown, _) = on_terminal(&drawbridge(&[command]), 60, "\x04");
        assert!(shown.contains("until Ctrl-D"), "{shown}");
    }
}

#[test]
fn without_tenants_the_list_ends_its_lines_between_words() {
    let folder = Folder::new();
    let (shown, _) = on_terminal(&command(&folder, &["tenants", "list"]), 60, "");
    assert!(shown.contains("no tenants in"), "{shown}");
    assert_fits(&shown.lines().collect::<Vec<_>>(), 60);
}

#[test]
fn a_question_ends_its_lines_between_words() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "");
    let args = [
        "backfill",
        "--tenant",
        "contoso",
        "--from",
        "2021-05-01",
        "--to",
        "2021-05-02",
    ];
    let (shown, is_well) = on_terminal(&command(&folder, &args), 60, "n\n");
    assert!(!is_well && shown.contains("Go on? [y/N]"), "{shown}");
    assert_fits(&shown.lines().collect::<Vec<_>>(), 60);
}

/// The lines of `poll` and `deliver` had the time, but for the first and the last ones.
#[test]
fn every_line_of_a_command_that_goes_on_has_the_time() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "secret_typo = 1");
    let file = folder.path().join("nothing.ndjson");
    let deliver = ["deliver", "--once", "--file", file.to_str().unwrap()];
    let mut deliver = drawbridge(&deliver);
    deliver.env(
        "DRAWBRIDGE_DELIVER",
        r#"{"target":"syslog","address":"127.0.0.1:1"}"#,
    );
    let poll = |args: &[&str]| command(&folder, &[&["poll", "--once"], args].concat());
    for command in [
        poll(&["--all"]),
        poll(&["--tenant", "nobody"]),
        deliver,
        drawbridge(&["deliver", "--once", "--all", "--to", "/nonexistent/to.json"]),
    ] {
        let (shown, is_well) = on_terminal(&command, 1000, "");
        assert!(!is_well && shown.contains("drawbridge: "), "{shown}");
        for line in shown.lines() {
            let (time, _) = line.split_once(' ').unwrap();
            assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line} in {shown}");
        }
    }
}

/// There was nothing to see while many tenants were polled.
#[test]
fn several_polls_show_how_many_have_ended() {
    let options = drawbridge_simulator::Options {
        page_latency: std::time::Duration::from_millis(300),
        ..Default::default()
    };
    let tenant = Tenant::with(options, "[]");
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    write_of(&folder, "fabrikam", &tenant, OTHER, "");
    let poll = command(&folder, &["poll", "--all", "--once"]);
    let (shown, _) = on_terminal(&poll, 60, "");
    assert!(shown.contains("0 of 2 tenants polled"), "{shown}");
    // Not in a file, and not of one tenant, which shows its pages.
    let told = run(command(&folder, &["poll", "--all", "--once"]));
    assert!(!told.stderr.contains("polled  "), "{}", told.stderr);
    let one = command(&folder, &["poll", "--tenant", "contoso", "--once"]);
    let (shown, _) = on_terminal(&one, 60, "");
    assert!(!shown.contains("tenant polled"), "{shown}");
}
