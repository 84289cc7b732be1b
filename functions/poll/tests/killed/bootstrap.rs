use std::fs::File;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::cloud::Cloud;
use crate::proxy::Proxy;
use crate::runtime::Runtime;

/// The function's binary, and all that Lambda would tell it.
pub(crate) struct Bootstrap {
    env: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl Bootstrap {
    pub(crate) fn new(cloud: &Cloud, proxy: &Proxy, runtime: &Runtime) -> Self {
        let mut env = cloud.emulator.env();
        env.retain(|(name, _)| *name != "AWS_ENDPOINT_URL");
        env.extend([
            ("AWS_ENDPOINT_URL", proxy.url().to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", runtime.address.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", "poll".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ]);
        env.extend(cloud.settings());
        Self {
            env,
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn spawn(&self) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        Command::new(env!("CARGO_BIN_EXE_poll"))
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// All that its processes wrote.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}
