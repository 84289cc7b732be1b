use std::collections::BTreeMap;

use bytes::Bytes;
use drawbridge_emulator::Emulator;
use drawbridge_simulator::{Options, Simulator};
use drawbridge_store::{S3Store, Store as _};
use serde_json::{Value, json};

use crate::{Bundle, Error, Python};

/// The stack of `infra/template.yaml`, or the one beside it, in the emulated cloud.
#[derive(Debug, Clone)]
pub struct Stack {
    name: String,
    python: Python,
    outputs: BTreeMap<String, String>,
    zip_bytes: BTreeMap<String, u64>,
}

impl Stack {
    /// Creates the stack, or updates it, from a bundle: has the AWS CLI upload what is in it and
    /// CloudFormation make the rest, and waits until it has.
    ///
    /// # Errors
    /// Why CloudFormation refused it or did not come to an end.
    pub fn deploy(
        emulator: &Emulator,
        name: &str,
        bundle: &Bundle,
        parameters: &[(&str, &str)],
    ) -> Result<Self, Error> {
        Self::deploy_of(emulator, name, bundle, "template.yaml", parameters)
    }

    /// The same of another template of the bundle.
    ///
    /// # Errors
    /// As [`deploy`](Self::deploy).
    pub fn deploy_of(
        emulator: &Emulator,
        name: &str,
        bundle: &Bundle,
        template: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let bundle = bundle.folder().to_str();
        let bundle = bundle.ok_or("a path that is not Unicode")?;
        let parameters: BTreeMap<_, _> = parameters.iter().copied().collect();
        let python = Python::root(emulator);
        let told = python.run(
            "cloudformation.py",
            &["deploy", name, bundle, template],
            &json!(parameters).to_string(),
        )?;
        let mut told: Value = serde_json::from_str(&told)?;
        Ok(Self {
            name: name.to_owned(),
            python,
            outputs: serde_json::from_value(told["outputs"].take())?,
            zip_bytes: serde_json::from_value(told["zip_bytes"].take())?,
        })
    }

    /// Gives the stack's own secret its value, as its user does after the deployment.
    ///
    /// # Errors
    /// What the emulated cloud refused.
    pub async fn put_secret(&self, emulator: &Emulator, value: &str) -> Result<(), Error> {
        aws_sdk_secretsmanager::Client::new(&emulator.sdk_config().await)
            .put_secret_value()
            .secret_id(self.output("SecretArn")?)
            .secret_string(value)
            .send()
            .await?;
        Ok(())
    }

    /// Adds a tenant: its secret, under the name that its document may read, and its document.
    ///
    /// # Errors
    /// What the emulated cloud refused.
    pub async fn add_tenant(
        &self,
        emulator: &Emulator,
        name: &str,
        document: &str,
        secret: &str,
    ) -> Result<(), Error> {
        let prefix = self.output("SecretPrefix")?;
        create_secret(emulator, &format!("{prefix}{name}"), secret).await?;
        let key = format!("tenants/{name}.toml");
        self.put_document(emulator, &key, document).await
    }

    /// Puts a document into the bucket, as the owner of the account.
    ///
    /// # Errors
    /// What the emulated cloud refused.
    pub async fn put_document(
        &self,
        emulator: &Emulator,
        key: &str,
        text: &str,
    ) -> Result<(), Error> {
        let s3 = drawbridge_store::s3_client(&emulator.sdk_config().await);
        let store = S3Store::new(s3, self.output("BucketName")?);
        let body = Bytes::from(text.to_owned());
        store.put(key, body, "application/toml").await?;
        Ok(())
    }

    /// Deletes the stack and waits until that is done.
    ///
    /// # Errors
    /// What stayed, and why.
    pub fn delete(self) -> Result<(), Error> {
        let args = ["delete", self.name.as_str()];
        self.python.run("cloudformation.py", &args, "").map(|_| ())
    }

    /// An output of the template.
    ///
    /// # Errors
    /// When it has none of that name.
    pub fn output(&self, name: &str) -> Result<&str, Error> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| format!("the stack has no output {name}").into())
    }

    /// The stack's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How large the packages are, by function.
    #[must_use]
    pub fn zip_bytes(&self) -> &BTreeMap<String, u64> {
        &self.zip_bytes
    }

    /// Invokes one of the functions, `dispatch` or `poll`, and gives its answer.
    ///
    /// # Errors
    /// The failure that the function reported.
    pub fn invoke(&self, function: &str, event: &Value) -> Result<Value, Error> {
        let function = format!("{}-{function}", self.name);
        let told = self
            .python
            .run("invoke_function.py", &[&function], &event.to_string())?;
        Ok(serde_json::from_str(&told)?)
    }
}

/// Creates a secret and gives its ARN.
///
/// # Errors
/// What the emulated cloud refused.
pub async fn create_secret(emulator: &Emulator, name: &str, value: &str) -> Result<String, Error> {
    let created = aws_sdk_secretsmanager::Client::new(&emulator.sdk_config().await)
        .create_secret()
        .name(name)
        .secret_string(value)
        .send()
        .await?;
    Ok(created.arn.unwrap_or_default())
}

/// The parameters with which a stack reads its tenants from the simulator. It is on this machine, so
/// that no document may name it.
#[must_use]
pub fn read_from(simulator: &Simulator) -> [(&'static str, String); 2] {
    [
        ("LoginUrl", simulator.login_url().to_string()),
        ("GraphUrl", simulator.graph_url().to_string()),
    ]
}

/// The document of a tenant of the simulator's, with the secret of the stack's that belongs to the
/// tenant of this name. Without sweeps, which come at times of their own. Lines can be added. Where
/// the simulator is, the stack has to know by [`read_from`].
#[must_use]
pub fn tenant_document(stack: &str, name: &str) -> String {
    let known = Options::default();
    format!(
        "tenant_id = \"{}\"\nclient_id = \"{}\"\nsecret = \"drawbridge/{stack}/{name}\"\n\
         sweeps = false\n",
        known.tenant_id, known.client_id,
    )
}
