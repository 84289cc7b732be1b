//! The first hour on AWS: `docs/deploy.md`, and the README's third way to start, followed by somebody who
//! has the bundle of a release, a shell, Python and the AWS CLI, and nothing else.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use drawbridge_e2e::{Bundle, functions, read_from};
use drawbridge_emulator::{Emulator, Options};
use drawbridge_simulator::{Alerts, Simulator};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::alerts;

const PAGE: &str = include_str!("../../../../docs/deploy.md");
const README: &str = include_str!("../../../../README.md");
const CHECK: &str = "## Check\n";
const SECTION: &str = "## From the bundle to the first record\n";
/// What the reader has beside the AWS CLI and Python.
const PROGRAMS: [&str; 2] = ["grep", "date"];
/// The AWS CLI. For SQS, version 1 goes to an older name of AWS's own, whatever `AWS_ENDPOINT_URL` says,
/// unless it is told the endpoint as an option.
const AWS: &str = "#!/bin/sh
case $1 in
    sqs) exec REAL --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\" ;;
    *) exec REAL \"$@\" ;;
esac
";
/// Longer than this, and it is no first hour: CloudFormation and the timer included.
const LIMIT: Duration = Duration::from_secs(300);
const ALERTS: i64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_leads_from_the_bundle_to_records_on_the_queue() {
    let mut all = blocks();
    // The last one shows a record, which is looked for at the end of what is on the screen.
    all.insert(all.len() - 1, check());
    leads_to_records(&all, ("TENANT_ID=", "CLIENT_ID=")).await;
}

/// Its five commands, and then the page's look at a record.
#[tokio::test(flavor = "multi_thread")]
async fn the_readme_leads_from_the_bundle_to_records_on_the_queue() {
    let (_, rest) = README.split_once("**On AWS**").unwrap();
    let (_, rest) = rest.split_once("```sh\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    let commands = block.replace("\\\n", " ");
    assert!(commands.lines().count() <= 5, "{commands}");
    let look = blocks().pop().unwrap();
    leads_to_records(&[block.to_owned(), look], ("TenantId=", "ClientId=")).await;
}

/// Follows the blocks in an emulated cloud of their own; before the ids stand these words.
async fn leads_to_records(blocks: &[String], ids: (&str, &str)) {
    let newest = Timestamp::now() - SignedDuration::from_mins(2);
    let addresses = ["192.0.2.1", "192.0.2.2"];
    let alerts: Vec<Value> = (0..ALERTS)
        .map(|n| alerts::alert(n, newest, &addresses))
        .collect();
    let simulator = simulator(blocks, ids, &alerts).await;
    let options = Options {
        auth: true,
        ..Options::default()
    };
    let emulator = Emulator::start_with(options).await.unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = newcomer(place.path(), &emulator, &simulator);

    let begun = Instant::now();
    let shown = follow(blocks, place.path(), &folder, &emulator).await;
    println!("the page took {} s", begun.elapsed().as_secs());

    let expected = alerts::bodies(&alerts);
    let last = shown.lines().last().unwrap_or_default();
    let is_one = expected.values().any(|body| body == last);
    assert!(is_one, "no record is on the screen:\n{shown}");
    assert_eq!(on_the_queue(&emulator).await, expected.len(), "{shown}");
    let secret = drawbridge_simulator::Options::default().client_secret;
    assert!(!shown.contains(&secret), "the secret is on the screen");
}

/// What the page has the reader type, block by block, as it stands there.
fn blocks() -> Vec<String> {
    let blocks = blocks_of(SECTION);
    assert_eq!(blocks.len(), 5, "{blocks:?}");
    blocks
}

/// What the page has the reader type to look at the log. The blocks behind it need the command.
fn check() -> String {
    let blocks = blocks_of(CHECK);
    let [log, command] = blocks.as_slice() else {
        panic!("{blocks:?}");
    };
    assert!(log.starts_with("aws logs ") && command.starts_with("drawbridge "));
    log.clone()
}

fn blocks_of(section: &str) -> Vec<String> {
    let (_, section) = PAGE.split_once(section).unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut blocks = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix("```sh") else {
            continue;
        };
        let inside = lines
            .by_ref()
            .map(|line| line.strip_prefix(indent).unwrap_or(line))
            .take_while(|line| *line != "```");
        blocks.push(inside.map(|line| format!("{line}\n")).collect());
    }
    blocks
}

/// The simulated Graph with the ids that stand in the blocks.
async fn simulator(blocks: &[String], ids: (&str, &str), alerts: &[Value]) -> Simulator {
    let behind = |name: &str| {
        let text = blocks.concat();
        let (_, rest) = text.split_once(name).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let options = drawbridge_simulator::Options {
        tenant_id: behind(ids.0),
        client_id: behind(ids.1),
        ..drawbridge_simulator::Options::default()
    };
    let alerts = Alerts::parse(Value::from(alerts).to_string().as_bytes()).unwrap();
    drawbridge_simulator::start(options, alerts).await.unwrap()
}

/// A folder with the bundle, as it was downloaded, and one beside it with all the programs there are;
/// the first of them. The emulated world has no Microsoft: the template's defaults name the simulated
/// one, so that the page's commands need not.
fn newcomer(place: &Path, emulator: &Emulator, simulator: &Simulator) -> PathBuf {
    let programs = place.join("programs");
    fs::create_dir(&programs).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for name in PROGRAMS {
        let mut found = std::env::split_paths(&path).map(|folder| folder.join(name));
        let found = found.find(|program| program.is_file());
        let found = found.ok_or(format!("{name} is missing")).unwrap();
        symlink(found, programs.join(name)).unwrap();
    }
    // Python itself: what is on the path may be a script that needs other programs.
    let asked = std::process::Command::new(emulator.python())
        .args(["-c", "import sys; print(sys._base_executable)"])
        .output();
    let python = String::from_utf8(asked.unwrap().stdout).unwrap();
    symlink(python.trim(), programs.join("python3")).unwrap();
    let aws = emulator.python().with_file_name("aws");
    let path = programs.join("aws");
    fs::write(&path, AWS.replace("REAL", aws.to_str().unwrap())).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();

    let bundle = Bundle::make(emulator, &functions().unwrap()).unwrap();
    let template = bundle.folder().join("template.yaml");
    let mut text = fs::read_to_string(&template).unwrap();
    for (name, url) in read_from(simulator) {
        let empty = format!("\n  {name}:\n    Type: String\n    Default: \"\"\n");
        assert_eq!(text.matches(&empty).count(), 1, "{name}");
        text = text.replace(&empty, &empty.replace("\"\"", &format!("\"{url}\"")));
    }
    fs::write(&template, text).unwrap();
    let folder = place.join("empty");
    fs::create_dir(&folder).unwrap();
    let name = bundle.folder().file_name().unwrap();
    let packed = std::process::Command::new(emulator.python())
        .args(["-m", "zipfile", "--create"])
        .arg(folder.join(name).with_added_extension("zip"))
        .arg(bundle.folder())
        .status();
    assert!(packed.unwrap().success());
    folder
}

/// Types all blocks into one shell, and the secret where it is asked for; what was then on the
/// screen. Fails with it, if the page does not lead to its end.
async fn follow(blocks: &[String], place: &Path, folder: &Path, emulator: &Emulator) -> String {
    let screen = place.join("screen");
    let file = File::create(&screen).unwrap();
    let mut shell = Command::new("/bin/sh")
        .args(["-euc", &blocks.concat()])
        .current_dir(folder)
        .env_clear()
        .env("PATH", place.join("programs"))
        .env("HOME", place)
        .envs(emulator.env())
        .stdin(Stdio::piped())
        .stderr(file.try_clone().unwrap())
        .stdout(file)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let secret = drawbridge_simulator::Options::default().client_secret;
    let mut stdin = shell.stdin.take().unwrap();
    stdin
        .write_all(format!("{secret}\n").as_bytes())
        .await
        .unwrap();
    drop(stdin);
    let ended = tokio::time::timeout(LIMIT, shell.wait()).await;
    let shown = fs::read_to_string(screen).unwrap();
    let is_well = ended.is_ok_and(|status| status.unwrap().success());
    assert!(is_well, "{shown}\n{}", emulator.log_tail(40));
    shown
}

/// How many records are there, the one included that is on the screen.
async fn on_the_queue(emulator: &Emulator) -> usize {
    let sqs = aws_sdk_sqs::Client::new(&emulator.sdk_config().await);
    let listed = sqs.list_queues().send().await.unwrap();
    let is_records = |url: &&String| url.contains("siem") && !url.contains("dead");
    let urls = listed.queue_urls.unwrap();
    let found: Vec<&String> = urls.iter().filter(is_records).collect();
    assert_eq!(found.len(), 1, "{urls:?}");
    let counts = vec![
        Attribute::ApproximateNumberOfMessages,
        Attribute::ApproximateNumberOfMessagesNotVisible,
    ];
    let got = sqs.get_queue_attributes().queue_url(found[0]);
    let got = got.set_attribute_names(Some(counts)).send().await.unwrap();
    let counts = got.attributes.unwrap();
    counts.values().map(|n| n.parse::<usize>().unwrap()).sum()
}
