//! `drawbridge view`: alerts beside their records, the tenants and the quarantine, as pages on loopback.

mod alert_page;
mod alerts_page;
mod guard;
mod hours;
mod quarantine_page;
mod record_file;
mod record_steps;
mod router;
mod site;
mod tenants_page;
#[cfg(test)]
mod tests;
mod versions_page;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;

use self::guard::Guard;
use self::site::Site;
use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;

/// Shows the pages until Ctrl-C.
pub(crate) async fn run(args: &cli::View) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    place.check_exists()?;
    let address = (Ipv4Addr::LOCALHOST, args.port);
    let cannot_listen = |error| {
        let port = args.port;
        Failure::of(format!(
            "cannot listen on port {port} of this machine: {error}"
        ))
    };
    let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
    let port = listener.local_addr().map_err(cannot_listen)?.port();
    let guard = Guard::new(port)?;
    let mut out = crate::screen::stdout();
    writeln!(out, "{}", guard.url())?;
    out.flush()?;
    crate::progress::say(&format!(
        "open this address in a browser on this machine; whoever has it sees what is in {}. Ctrl-C \
         ends it",
        place.name()
    ));
    let router = router::router(Arc::new(Site::new(place)), guard);
    let serve = std::future::IntoFuture::into_future(axum::serve(listener, router));
    tokio::select! {
        ended = serve => Ok(ended?),
        // Nothing is half done: the pages only read.
        stop = tokio::signal::ctrl_c() => Ok(stop?),
    }
}
