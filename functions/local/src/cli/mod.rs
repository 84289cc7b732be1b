//! The command line: one module per command.

mod backfill;
mod compare;
mod data_location;
mod deliver;
mod demo;
mod doctor;
mod environment;
mod explain;
mod format;
mod generate;
mod given;
mod help;
mod hint;
mod map;
mod poll;
mod replay;
mod serve;
mod simulate;
mod state;
mod status;
mod tenants;
mod time;
mod view;

use clap::{Parser, Subcommand};

pub(crate) use backfill::{
    Backfill, BackfillCancel, BackfillCommand, BackfillResume, BackfillStatus,
};
pub(crate) use compare::Compare;
pub(crate) use data_location::DataLocationArgs;
pub(crate) use deliver::Deliver;
pub(crate) use demo::Demo;
pub(crate) use doctor::Doctor;
pub(crate) use explain::Explain;
pub(crate) use generate::Generate;
pub(crate) use given::{HIDDEN, check_name, parse, quoted};
pub(crate) use map::Map;
pub(crate) use poll::Poll;
pub(crate) use replay::ReplayDeadLetters;
pub(crate) use replay::{Replay, ReplayCommand, ReplayList, ReplayRun};
pub(crate) use serve::{Serve, ServeClient, ServeCommand, ServeKey};
pub(crate) use simulate::{SIMULATED_CLIENT, SIMULATED_SECRET, SIMULATED_TENANT, Simulate};
pub(crate) use state::{State, StateCommand, StateReset, StateShow};
pub(crate) use status::Status;
pub(crate) use tenants::{
    Tenants, TenantsAdd, TenantsAllow, TenantsCheck, TenantsCommand, TenantsList, TenantsMove,
    TenantsPurge, TenantsRemove,
};
pub(crate) use view::View;

/// The package's version and the commit that it was built from, as far as the build knew it.
pub(crate) const VERSION: &str = env!("DRAWBRIDGE_VERSION");

/// Microsoft Defender alerts from Graph, as the records that your SIEM already understands.
///
/// Without a command, it shows what it does: it starts a Graph simulator on this machine, polls it
/// to the end and writes the records to a folder. No account is needed.
#[derive(Debug, Parser)]
#[command(name = "drawbridge", version = VERSION, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  drawbridge                                     the demo
  drawbridge map alerts.json                     alerts in, records out
  drawbridge explain alert.json                  where each key of the record comes from
  drawbridge view                                the same in the browser, and how every tenant is
  drawbridge compare old.json alerts.json        will the rules still match?
  drawbridge poll --tenant-id ID --client-id ID  poll a real tenant into ./drawbridge-data
  drawbridge tenants add contoso --tenant-id ID --client-id ID --secret CONTOSO_SECRET
  drawbridge poll --all                          poll all tenants that were added
  drawbridge status                              how every tenant is, and what to do

Set DRAWBRIDGE_LOG=debug to see what it does. The exit code is 0 only when all went well,
1 when something failed or was quarantined, 2 when the command line is wrong.";

// The help of each command is at its arguments; a line here would replace all of that.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Simulate(Simulate),
    Poll(Box<Poll>),
    Deliver(Deliver),
    Serve(Serve),
    Map(Map),
    Explain(Explain),
    View(View),
    Status(Status),
    Doctor(Doctor),
    Compare(Compare),
    Tenants(Tenants),
    Backfill(Backfill),
    Replay(Replay),
    State(State),
    Generate(Generate),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// The examples of a command's help and of those within it, without what a shell does with their output.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        let lines = lines.filter(|line| line.starts_with("drawbridge"));
        let own = lines.map(|line| {
            let end = ["  ", " | ", " > ", " < "]
                .iter()
                .filter_map(|end| line.find(end));
            line[..end.min().unwrap_or(line.len())].to_owned()
        });
        let within = command.get_subcommands().flat_map(examples);
        own.chain(within).collect()
    }

    #[test]
    fn every_example_of_the_help_is_read() {
        let examples = examples(&Cli::command());
        assert!(examples.len() > 50, "{examples:?}");
        for example in examples {
            let words: Vec<_> = example
                .split(' ')
                .map(|word| word.trim_matches('\''))
                .collect();
            let read = Cli::try_parse_from(&words).map(drop);
            assert!(read.is_ok(), "{example}: {read:?}");
        }
    }

    #[test]
    fn the_demo_has_the_same_defaults_with_and_without_its_name() {
        let Some(Command::Demo(named)) = Cli::parse_from(["drawbridge", "demo"]).command else {
            panic!("no demo");
        };
        let bare = Demo::default();
        assert_eq!((named.count, named.out), (bare.count, bare.out));
    }
}
