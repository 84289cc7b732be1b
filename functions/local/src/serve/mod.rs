//! `drawbridge serve`: the served API of a folder, over HTTP.

mod client;
mod connections;
mod directory;
mod impatient;
mod key;
mod known;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_served::Router;
use drawbridge_time::SystemClock;
use tokio::net::TcpListener;

use self::connections::answer;
use self::directory::Directory;
use self::key::{FolderKey, KEY};
use crate::cli::{self, ServeCommand};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say_timed;
use crate::signals::{HangUps, stop_requested_on_signal};

/// How often the documents are read anew, as `poll --all` does.
const RELOAD_EVERY: Duration = Duration::from_secs(60);

/// Serves, or makes what the token endpoint needs.
pub(crate) async fn run(mut args: cli::Serve) -> Result<(), Failure> {
    match args.command.take() {
        None => serve(args).await,
        Some(ServeCommand::Client(args)) => client::run(&args),
        Some(ServeCommand::Key(args)) => key::run(args).await,
    }
}

/// Serves until Ctrl-C.
async fn serve(args: cli::Serve) -> Result<(), Failure> {
    check_address(&args)?;
    let key = key::path(&args.out);
    let place = DataLocation::folder(args.out);
    place.check_exists()?;
    let router = Router::new(Arc::clone(&place.store), Arc::new(SystemClock));
    let router = router.with_own_tokens(Arc::new(FolderKey(Arc::clone(&place.store))), KEY);
    let router = Arc::new(router);
    let key_command = place.command("serve key");
    let mut directory = Directory::new(place)?;
    let count = directory.load(&router).await?;
    let listener = TcpListener::bind(args.listen).await;
    let cannot_listen = |error| Failure::of(format!("cannot listen on {}: {error}", args.listen));
    let listener = listener.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let stop = stop_requested_on_signal("the answers under way");
    say_address(address, count)?;
    if directory.has_own_clients && !key.exists() {
        say_timed(&format!(
            "documents list serve.own_clients, and there is no key: nobody gets a token until {key_command} \
             has made one"
        ));
    }
    let known = Arc::clone(&directory.known);
    let mut hang_ups = HangUps::listen();
    let reload = async {
        let mut ticks = tokio::time::interval(RELOAD_EVERY);
        ticks.tick().await;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = hang_ups.next() => {}
            }
            if let Err(failure) = directory.load(&router).await {
                say_timed(&format!("drawbridge: {failure}"));
            }
        }
    };
    tokio::select! {
        ended = answer(listener, &router, &known, stop) => ended,
        () = reload => Ok(()),
    }
}

fn say_address(address: SocketAddr, count: usize) -> Result<(), Failure> {
    let tenants = if count == 1 { "tenant" } else { "tenants" };
    let mut out = crate::screen::stdout();
    writeln!(
        out,
        "serving {count} {tenants} on http://{address}/api/alerts"
    )?;
    out.flush()?;
    if count == 0 {
        say_timed("no tenant is served yet: docs/served.md has what a document needs");
    }
    Ok(())
}

/// Tokens and records are never sent over a network in the clear unless somebody wants that.
fn check_address(args: &cli::Serve) -> Result<(), Failure> {
    if args.listen.ip().is_loopback() || args.allow_plain_http {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} can be reached from other machines, and this is plain HTTP: listen on 127.0.0.1 with a \
         reverse proxy that does TLS in front, or say --allow-plain-http where something else keeps \
         tokens and records from being read on the way",
        args.listen
    )))
}
