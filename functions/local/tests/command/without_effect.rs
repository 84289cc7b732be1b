//! Every option of the command, with the condition under which it has an effect. Where it has none, it
//! is refused, with exit code 2: whoever gave it believes that it has.

use crate::support::command::{drawbridge, run};
use crate::support::documents::{command, on, write, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// The commands that have options.
const COMMANDS: &[&str] = &[
    "demo",
    "simulate",
    "poll",
    "deliver",
    "serve",
    "serve client",
    "serve key",
    "map",
    "explain",
    "view",
    "status",
    "doctor",
    "compare",
    "tenants add",
    "tenants allow",
    "tenants list",
    "tenants check",
    "tenants remove",
    "tenants purge",
    "tenants pause",
    "tenants resume",
    "backfill",
    "backfill status",
    "backfill resume",
    "backfill cancel",
    "replay list",
    "replay run",
    "replay dead-letters",
    "state show",
    "state reset",
];

/// Options that have an effect wherever they can be given. Those that permit something have it when
/// that comes.
const ALWAYS: &str = "--alerts --all --allow-plain-http --allow-unknown --certificate --client-id \
    --client-secret --cloud --count --documents --fail-on --federation --file --from --graph-url --html --id \
    --json-document --listen --login-url --max --no-gzip --output --page-latency-ms --page-size --port \
    --replace --requests-per-minute --revoke --rotate --seed --secret --secret-file --service-source --set-aside \
    --severity --tenants --tenant-id --to --help --dry-run --again";

const POLL: &str = "poll --tenant-id contoso.com --client-id 22222222-2222-4222-8222-222222222222";
const BACKFILL: &str = "backfill --tenant contoso --from 2021-05-01 --to 2021-05-02";

/// Options that have an effect under a condition: when, and command lines without it, which are
/// refused with what to do.
const SOMETIMES: &[(&str, &str, &[&str])] = &[
    (
        "--allow-plain-http",
        "with an address of this machine's alone it changes nothing",
        &[],
    ),
    ("--at-once", "with --rotate", &["serve key --at-once"]),
    ("--bucket", "if it is not empty", &["status --bucket ="]),
    (
        "--check",
        "by itself: it sends one record",
        &[
            "deliver --check --all",
            "deliver --check --once",
            "deliver --check --every 5s",
        ],
    ),
    (
        "--client-id",
        "for a tenant without a document",
        &["poll --all --client-id x"],
    ),
    (
        "--every",
        "unless it is done once",
        &["poll --all --once --every 1m", "deliver --once --every 5s"],
    ),
    (
        "--format",
        "where records are written or delivered",
        &["poll --all --format ocsf", "doctor --format ocsf"],
    ),
    (
        "--json",
        "unless nobody waits for the end",
        &["backfill resume x --no-wait --json"],
    ),
    (
        "--metrics-file",
        "with --all, again and again",
        &[
            "poll --all --once --metrics-file m.prom",
            "poll --tenant a --metrics-file m.prom",
        ],
    ),
    ("--no-wait", "on a stack", &["backfill resume x --no-wait"]),
    (
        "--once",
        "unless it is done again and again",
        &["poll --all --once --every 1m"],
    ),
    (
        "--out",
        "unless a stack or a bucket is named",
        &[
            "status --out x --bucket y",
            "status --out x --stack y",
            "status --stack x --bucket y",
            "deliver --out x",
            "serve key --rotate --stdin --out x",
        ],
    ),
    (
        "--pointers",
        "with --stack or --queue",
        &["replay run --all --pointers"],
    ),
    (
        "--queue",
        "on a stack",
        &[
            "doctor --queue https://sqs.example/1/q",
            "replay run --all --queue https://sqs.example/1/q",
        ],
    ),
    (
        "--replaces-first-tenant",
        "on a stack",
        &["tenants allow contoso --replaces-first-tenant"],
    ),
    ("--stack", "if it is a name", &["status --stack ="]),
    ("--send-test", "with a target", &["doctor --send-test"]),
    (
        "--since",
        "for a tenant without a document that was not polled before",
        &["poll --all --since 2021-05-01"],
    ),
    ("--stdin", "with --rotate", &["serve key --stdin"]),
    (
        "--tenant",
        "of deliver: for one file",
        &["deliver --all --tenant x"],
    ),
    (
        "--yes",
        "where something is asked",
        &["tenants purge contoso --yes --dry-run"],
    ),
];

/// A command line of the table, in `folder` if the command takes one and names none.
fn refused(folder: &Folder, line: &str) {
    let args: Vec<&str> = line
        .split(' ')
        .map(|word| if word == "=" { "" } else { word })
        .collect();
    let names_a_place = ["--out", "--stack", "--bucket"]
        .iter()
        .any(|place| line.contains(place));
    let takes_one = !line.starts_with("deliver") && !line.starts_with("poll --tenant-id");
    let mut command = match takes_one && !names_a_place {
        true => command(folder, &args),
        false => drawbridge(&args),
    };
    command
        .current_dir(folder.path())
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK")
        .env_remove("DRAWBRIDGE_DELIVER");
    let outcome = run(command);
    assert_eq!(outcome.code, Some(2), "{line}: {}", outcome.stderr);
    let option = args
        .iter()
        .find(|word| outcome.stderr.contains(**word) && word.starts_with("--"));
    assert!(option.is_some(), "{line}: {}", outcome.stderr);
}

#[test]
fn an_option_without_effect_is_refused() {
    let folder = Folder::new();
    for (_, _, lines) in SOMETIMES {
        for line in *lines {
            refused(&folder, line);
        }
    }
    for more in ["--no-wait", "--no-wait --json", "--yes --dry-run"] {
        refused(&folder, &format!("{BACKFILL} {more}"));
    }
    for more in [
        "--tenant contoso",
        "--all",
        "--once --every 1m",
        "--metrics-file x.prom",
    ] {
        refused(&folder, &format!("{POLL} {more}"));
    }
    for of in ["--file siem.ndjson --once", "--check"] {
        refused(&folder, &format!("deliver {of} --out data"));
    }
}

/// An option that is added says here when it has an effect.
#[test]
fn every_option_is_listed() {
    for name in COMMANDS {
        let mut help: Vec<&str> = name.split(' ').collect();
        help.push("--help");
        let shown = run(drawbridge(&help)).well().stdout;
        let lines = shown.lines().map(str::trim_start);
        let options = lines.filter_map(|line| {
            let line = line.strip_prefix("-h, ").unwrap_or(line);
            line.starts_with("--")
                .then(|| line.split([' ', '=']).next())?
        });
        let mut count = 0;
        for option in options {
            count += 1;
            let is_listed = ALWAYS.split_whitespace().any(|known| known == option)
                || SOMETIMES.iter().any(|(known, ..)| *known == option);
            assert!(is_listed, "{name}: {option}");
        }
        assert!(count > 0, "{name}");
    }
}

/// What a tenant's document says in vain is refused where the tenant is read, and the others are polled.
#[test]
fn a_key_of_a_document_without_effect_is_told() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let ids = "tenant_id = \"33333333-3333-4333-8333-333333333333\"\n\
               client_id = \"22222222-2222-4222-8222-222222222222\"\nsecret = \"S\"\n";
    for (lines, words) in [
        (
            "metrics = true",
            "metrics has no effect on a single machine",
        ),
        (
            "[data_stream]\nnamespace = \"emea\"",
            "data_stream has no effect",
        ),
    ] {
        write_text(&folder, "fabrikam.toml", &format!("{ids}{lines}\n"));
        for args in [
            &["tenants", "list"][..],
            &["tenants", "check", "--all"],
            &["doctor"],
            &["poll", "--all", "--once"],
        ] {
            let outcome = on(&folder, args);
            let told = outcome.stdout.clone() + &outcome.stderr;
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                told.contains(words) && told.contains("remove it"),
                "{args:?}: {told}"
            );
            outcome.failed(1, &[]);
        }
    }
    assert!(folder.path().join("state/contoso.json").exists());
}
