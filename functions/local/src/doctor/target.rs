//! The target of `deliver`.

use super::{Line, Mark};
use crate::cli;
use crate::deliver::{SETTINGS_VARIABLE, Target, send_test};

/// What is to be said of the target, if one is named.
pub(super) async fn lines(args: &cli::Doctor, is_stack: bool) -> Vec<Line> {
    let about = "deliver";
    let is_named = args.to.is_some() || std::env::var_os(SETTINGS_VARIABLE).is_some();
    if !is_named {
        let text = match is_stack {
            true => {
                "the target that the stack delivers to, if it has one, was not looked at: the deliver \
                 function's log tells whether it takes records"
            }
            false => {
                "no target was looked at: name its settings with --to, if records are delivered"
            }
        };
        return vec![Line::new(Mark::Note, about, text)];
    }
    let target = match Target::open(args.to.as_deref(), &args.format) {
        Ok(target) => target,
        Err(failure) => return vec![Line::new(Mark::Failed, about, failure.to_string())],
    };
    if !args.send_test {
        let text = format!(
            "the settings of {} can be used; --send-test sends it a record",
            target.name()
        );
        return vec![Line::new(Mark::Ok, about, text)];
    }
    vec![match send_test(&target).await {
        Ok(text) => Line::new(Mark::Ok, about, text),
        Err(failure) => Line::new(Mark::Failed, about, failure.to_string()),
    }]
}
