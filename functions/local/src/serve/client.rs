//! `drawbridge serve client`: a secret for a connector, and its hash for the tenant's document.

use std::io::Write as _;

use drawbridge_entra::is_guid;
use drawbridge_served::ClientSecret;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::cli::ServeClient;
use crate::failure::Failure;
use crate::screen::{self, columns, wrapped};

pub(super) fn run(args: &ServeClient) -> Result<(), Failure> {
    // What was given may be a secret in the wrong place, and is not repeated.
    if args.id.as_ref().is_some_and(|id| !is_guid(id)) {
        return Err(Failure::usage(
            "--id is no GUID: give the id of serve.own_clients, or leave it out for a new client",
        ));
    }
    let secret = ClientSecret::generate();
    let secret = secret.ok_or_else(|| Failure::of("the system gives no random numbers"))?;
    let hash = secret.hash();
    let mut out = screen::stdout();
    if let Some(id) = &args.id {
        writeln!(out, "client id      {id}")?;
        writeln!(out, "client secret  {}", secret.secret().expose_secret())?;
        let next = "The secret is not kept and not shown again. Add its hash to the client's secrets, of which it \
                    may have two, and remove the old one when the connector has the new secret:";
        writeln!(out, "\n{}\n\n\"{hash}\"", wrapped(next, 0, columns()))?;
    } else {
        let id = Uuid::new_v4();
        writeln!(out, "client id      {id}")?;
        writeln!(out, "client secret  {}", secret.secret().expose_secret())?;
        let next = "The secret is not kept and not shown again. Add this at the end of the tenant's document:";
        let lines = format!("[[serve.own_clients]]\nid = \"{id}\"\nsecrets = [\"{hash}\"]");
        writeln!(out, "\n{}\n\n{lines}", wrapped(next, 0, columns()))?;
    }
    out.flush()?;
    Ok(())
}
