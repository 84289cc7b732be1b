use std::path::{Path, absolute};

use drawbridge_e2e::{Consumer, Error, Python, Stack};
use drawbridge_emulator::Emulator;
use drawbridge_simulator::Simulator;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

/// Says where everything is, and how to read the records; the commands can be pasted into a shell.
pub(crate) fn print(
    emulator: &Emulator,
    simulator: &Simulator,
    stack: &Stack,
    consumer: &Consumer,
) -> Result<(), Error> {
    let queue = stack.output("SiemQueueUrl")?;
    let objects = stack.output("SiemObjectsQueueUrl")?;
    let bucket = stack.output("BucketName")?;
    let jobs = stack.output("JobsQueueUrl")?;
    let script = absolute(Path::new(SCRIPTS).join("consume.py"))?;
    println!(
        "
The stack {name} is running; the timer polls the simulated tenant once a minute.

  emulated AWS       {endpoint}
  simulated Graph    {graph}
  records            {queue}
  jobs               {jobs}
  objects            s3://{bucket}/siem/, and the queue that tells of them:
                     {objects}
  state, quarantine  s3://{bucket}
  log                {log}

# In another shell: as the SIEM, which may read the records and nothing else
{siem}
# every record that is there now, as JSON, and off the queue:
{python} {script} {queue} 0
# or with the AWS CLI, which leaves them on the queue:
aws sqs receive-message --endpoint-url {endpoint} --queue-url {queue} --message-attribute-names All

# As the account's owner, who may do everything
{root}
aws s3 cp s3://{bucket}/tenants/contoso.toml -
aws s3 cp s3://{bucket}/state/contoso.json -
aws cloudformation describe-stacks --stack-name {name}
aws logs filter-log-events --log-group-name /aws/lambda/{name}-poll --query 'events[].message'

Ctrl-C ends it.",
        name = stack.name(),
        endpoint = emulator.endpoint_url(),
        graph = simulator.graph_url(),
        log = emulator.data_dir().join("emulator.log").display(),
        siem = exports(consumer.python()),
        python = emulator.python().display(),
        script = script.display(),
        root = exports(&Python::root(emulator)),
    );
    Ok(())
}

fn exports(python: &Python) -> String {
    let all: Vec<String> = python
        .env()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("export {}", all.join(" "))
}
