use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  drawbridge demo                        3,000 alerts into drawbridge-data/demo
  drawbridge demo --count 100000         how fast it is
  drawbridge demo --out /tmp/records     into another folder";

/// Poll a simulated tenant to the end and show the result.
///
/// It uses the same client and handler as for a real tenant. Run it again, and nothing is written
/// twice.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// How many alerts to simulate.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub(crate) count: usize,
    /// Where to write the records and the state.
    #[arg(long, value_name = "DIR", default_value = "drawbridge-data/demo")]
    pub(crate) out: PathBuf,
}

impl Default for Demo {
    fn default() -> Self {
        Self {
            count: 3000,
            out: "drawbridge-data/demo".into(),
        }
    }
}
