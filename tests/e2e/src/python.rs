use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use drawbridge_emulator::Emulator;

use crate::Error;

/// Runs the scripts of the folder `python/` against the emulated cloud.
#[derive(Debug, Clone)]
pub struct Python {
    interpreter: PathBuf,
    env: Vec<(&'static str, String)>,
}

impl Python {
    /// As the account's root.
    #[must_use]
    pub fn root(emulator: &Emulator) -> Self {
        Self {
            interpreter: emulator.python().to_owned(),
            env: emulator.env(),
        }
    }

    /// As the user with this access key.
    #[must_use]
    pub fn with_key(mut self, id: &str, secret: &str) -> Self {
        for (name, value) in &mut self.env {
            match *name {
                "AWS_ACCESS_KEY_ID" => id.clone_into(value),
                "AWS_SECRET_ACCESS_KEY" => secret.clone_into(value),
                _ => {}
            }
        }
        self
    }

    /// What makes a shell use the emulated cloud in the same way.
    pub fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        self.env.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Runs a script to its end and gives what it printed.
    ///
    /// # Errors
    /// What it complained of.
    pub fn run(&self, script: &str, args: &[&str], input: &str) -> Result<String, Error> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("python")
            .join(script);
        let mut child = Command::new(&self.interpreter)
            .arg(path)
            .args(args)
            .envs(self.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that takes no input may have ended already.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        let told = String::from_utf8(output.stdout)?;
        if output.status.success() {
            return Ok(told);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("{script}: {told}{}", complaint.trim_end()).into())
    }
}
