//! The bar of a backfill, on a terminal: Python's `pty` is one.

use std::process::Command;

use drawbridge_simulator::Options;

use crate::support::alerts::{alert, list};
use crate::support::documents::{command, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Runs its arguments but the first on a terminal of so many columns, and repeats what that shows.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    size = struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0)
    fcntl.ioctl(2, termios.TIOCSWINSZ, size)
    os.execv(sys.argv[2], sys.argv[2:])
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

/// What the terminal showed, each time that its line was drawn anew, without codes that move the cursor.
fn drawn(command: &Command, columns: usize) -> Vec<String> {
    let mut python = Command::new("python3");
    python
        .args(["-c", TERMINAL, &columns.to_string()])
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
    assert!(output.status.success(), "{shown}");
    let without_codes = |line: &str| {
        let mut parts = line.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |line, part| {
            let text = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            line + text.get(1..).unwrap_or_default()
        })
    };
    shown
        .split(['\r', '\n'])
        .map(without_codes)
        .filter(|line| line.contains(" % "))
        .collect()
}

fn percent(line: &str) -> u64 {
    let (before, _) = line.split_once(" %").unwrap();
    before.split(' ').next_back().unwrap().parse().unwrap()
}

#[test]
fn the_bar_comes_on_with_each_page_and_never_goes_back() {
    let alerts: Vec<_> = (0..16)
        .map(|n| {
            let mut alert = alert(n, 1);
            let time = format!("2021-05-{:02}T{:02}:30:00Z", 1 + n / 4, 6 * (n % 4));
            alert["lastUpdateDateTime"] = time.into();
            alert
        })
        .collect();
    let options = Options {
        page_latency: std::time::Duration::from_millis(60),
        ..Options::default()
    };
    let tenant = Tenant::with(options, &list(&alerts));
    for (columns, length) in [(60, 12), (200, 40)] {
        let folder = Folder::new();
        write(&folder, "contoso", &tenant, "page_size = 1");
        let range = ["--from", "2021-05-01", "--to", "2021-05-05"];
        let args = [&["backfill", "--tenant", "contoso", "--yes"][..], &range].concat();
        let lines = drawn(&command(&folder, &args), columns);
        // The last one is what the command says at its end.
        let bars: Vec<_> = lines
            .iter()
            .filter(|line| !line.contains("done,"))
            .collect();
        let mut percents: Vec<u64> = bars.iter().map(|line| percent(line)).collect();
        assert!(percents.is_sorted(), "{percents:?}");
        percents.dedup();
        // A day is a quarter, and has four pages.
        assert!(percents.len() > 8, "{percents:?}");
        for line in &bars {
            assert!(line.chars().count() <= columns, "{line:?}");
            let bar = line.chars().take_while(|c| "█▉▊▋▌▍▎▏░".contains(*c));
            assert!(bar.count() >= length, "{line:?}");
            assert!(line.contains(" alert"), "{line:?}");
        }
    }
}
