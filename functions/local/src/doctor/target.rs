//! The target of `deliver`.

use drawbridge_config::defaults;
use drawbridge_files::shell_quoted;

use super::Line;
use crate::cli;
use crate::data_location::DataLocation;
use crate::deliver::{SETTINGS_VARIABLE, Target, send_test};
use crate::failure::Failure;

/// What to do about settings that cannot be used.
const SETTINGS: &str = "correct the settings of the target: `drawbridge deliver --help` has an example \
                        of each, and docs/deliver.md every field";

/// What to do about a target that did not take a record.
const NOT_TAKEN: &str = "check the target's address, secret and network as this says, then run";

fn is_named(args: &cli::Doctor) -> bool {
    args.to.is_some() || std::env::var_os(SETTINGS_VARIABLE).is_some()
}

/// Refuses options that need a target if none is named.
pub(super) fn check(args: &cli::Doctor) -> Result<(), Failure> {
    let option = match (args.send_test, &args.format) {
        (true, _) => "--send-test",
        (false, Some(_)) => "--format",
        (false, None) => return Ok(()),
    };
    match is_named(args) {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "{option} needs a target: name its settings with --to FILE, or set {SETTINGS_VARIABLE}"
        ))),
    }
}

/// The options that name the same target and format to `deliver`.
fn options(args: &cli::Doctor) -> String {
    let to = args.to.as_ref();
    let to = to.map(|to| format!(" --to {}", shell_quoted(&to.display().to_string())));
    let format = args.format.as_ref();
    let format = format.map(|format| format!(" --format {format}"));
    to.unwrap_or_default() + &format.unwrap_or_default()
}

/// What is to be said of the target, if one is named.
pub(super) async fn lines(args: &cli::Doctor, place: &DataLocation) -> Vec<Line> {
    let about = "deliver";
    if !is_named(args) {
        if place.delivers_nothing() {
            return Vec::new();
        }
        let text = match place.as_folder().is_none() {
            true => {
                "the target that the stack delivers to, if it has one, was not looked at: the deliver \
                 function's log tells whether it takes records"
            }
            false => {
                "no target was looked at: name its settings with --to, if records are delivered"
            }
        };
        return vec![Line::note(about, text)];
    }
    let format = args.format.as_deref().unwrap_or(defaults::OUTPUT);
    let target = match Target::open(args.to.as_deref(), format) {
        Ok(target) => target,
        Err(failure) => return vec![Line::failed(about, failure.to_string(), SETTINGS)],
    };
    if !args.send_test {
        let text = format!(
            "the settings of {} can be read; whether its secret is there and whether it can be reached was \
             not tried: --send-test sends it a record",
            target.name()
        );
        return vec![Line::note(about, text)];
    }
    vec![match send_test(&target).await {
        Ok(text) => Line::ok(about, text),
        Err(failure) => {
            let todo = format!(
                "{NOT_TAKEN} `drawbridge deliver --check{}` until the test record arrives",
                options(args)
            );
            Line::failed(about, failure.to_string(), todo)
        }
    }]
}
