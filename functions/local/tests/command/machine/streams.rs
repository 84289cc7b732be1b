//! A standard output and a standard error that take nothing: a full disk, a reader that went away,
//! no stream at all.

use std::fs::File;
use std::process::{Command, Stdio};

use drawbridge_simulator::Fault;

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, run, signal};
use crate::support::documents::{command, lines, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::{SINCE, Tenant};
use crate::support::until;

/// A stream that refuses whatever is written, in one of its ways.
#[derive(Clone, Copy, Debug)]
enum Refusing {
    #[cfg(target_os = "linux")]
    Full,
    ReaderGone,
    Closed,
}

const WAYS: &[Refusing] = &[
    #[cfg(target_os = "linux")]
    Refusing::Full,
    Refusing::ReaderGone,
    Refusing::Closed,
];

impl Refusing {
    /// The command, which says as much as it can to streams that take none of it.
    fn given_to(self, command: &Command) -> Command {
        let mut other = Command::new("sh");
        let script = match self {
            Self::Closed => "exec \"$0\" \"$@\" >&- 2>&-",
            _ => "exec \"$0\" \"$@\"",
        };
        other
            .args(["-c", script])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => other.env(name, value),
                None => other.env_remove(name),
            };
        }
        other.env("DRAWBRIDGE_LOG", "debug");
        other.stdout(self.stream()).stderr(self.stream());
        other
    }

    fn stream(self) -> Stdio {
        match self {
            #[cfg(target_os = "linux")]
            Self::Full => File::options()
                .write(true)
                .open("/dev/full")
                .unwrap()
                .into(),
            Self::ReaderGone => std::io::pipe().unwrap().1.into(),
            Self::Closed => Stdio::null(),
        }
    }
}

/// Polls again and again, first with something to complain of, and ends when it is asked to.
fn survives(poll: &Command, tenant: &Tenant, records: impl Fn() -> usize) {
    for &way in WAYS {
        let asked = tenant.simulator.stats().list_requests;
        tenant.simulator.inject(Fault::Partial {
            warning: "199 - \"a provider did not answer\"".into(),
        });
        let mut child = way.given_to(poll).spawn().unwrap();
        // By the third poll, two have told of themselves.
        until(|| {
            tenant.simulator.stats().list_requests > asked + 2
                || child.try_wait().unwrap().is_some()
        });
        assert!(child.try_wait().unwrap().is_none(), "{way:?} ended it");
        signal(&child, "-INT");
        // Of a report that could not be written, the exit code may tell.
        let code = child.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 1)), "{way:?}: {code:?}");
    }
    assert_eq!(records(), 2);
}

#[test]
fn they_end_no_poll_of_a_tenant() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let poll = tenant.poll_since(SINCE, &["--every", "1s", "--json"], &folder);
    survives(&poll, &tenant, || folder.lines());
}

#[test]
fn they_end_no_poll_of_many_tenants() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let poll = command(&folder, &["poll", "--all", "--every", "1s", "--json"]);
    survives(&poll, &tenant, || {
        lines(&folder, "contoso", "siem.ndjson").len()
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_a_failure_of_a_single_poll_only() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let mut poll = tenant.poll(&folder);
    let poll = poll.arg("--json").stdout(Refusing::Full.stream());
    let unwritten = "report could not be written to standard output: ";
    let told = Outcome::of(poll.output().unwrap()).failed(1, &["the poll was done", unwritten]);
    assert!(
        !told.stderr.contains("not polled to the end"),
        "{}",
        told.stderr
    );
    // The poll itself was done.
    assert_eq!(folder.lines(), 2);
    let mut poll = tenant.poll(&folder);
    poll.stdout(Refusing::ReaderGone.stream());
    run(poll).well();
    write(&folder, "contoso", &tenant, "");
    let mut poll = command(&folder, &["poll", "--all", "--once", "--json"]);
    let poll = poll.stdout(Refusing::Full.stream());
    Outcome::of(poll.output().unwrap()).failed(1, &["contoso", unwritten]);
}

/// As in `drawbridge status | head -1`.
#[test]
fn what_only_reads_ends_as_usual_when_its_reader_has_gone() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    for args in [
        &["status"][..],
        &["status", "--json"],
        &["tenants", "list"],
        &["tenants", "list", "--json"],
    ] {
        let mut gone = command(&folder, args);
        gone.stdout(Refusing::ReaderGone.stream());
        let told = Outcome::of(gone.output().unwrap()).well();
        assert_eq!(told.stderr, "", "{args:?}");
        // With nobody at the other end of the standard error, either.
        gone.stderr(Refusing::ReaderGone.stream());
        gone.stdout(Refusing::ReaderGone.stream());
        assert_eq!(gone.status().unwrap().code(), Some(0), "{args:?}");
    }
    // A tenant that is not well is told by the exit code all the same.
    let state = folder.path().join("state/contoso.json");
    std::fs::write(state, "no state").unwrap();
    for (args, told) in [
        (&["status"][..], "not well"),
        (&["status", "--json"], "not well"),
        (&["doctor"], "failed"),
        (&["doctor", "--json"], "failed"),
    ] {
        let mut gone = command(&folder, args);
        gone.stdout(Refusing::ReaderGone.stream());
        Outcome::of(gone.output().unwrap()).failed(1, &[told]);
    }
}
