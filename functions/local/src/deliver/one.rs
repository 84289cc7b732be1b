//! The delivery of one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use drawbridge_config::{PAUSED_FOLDER, TENANTS_FOLDER};
use drawbridge_deliver::Deliverer;
use drawbridge_deliver::file::{FileDelivery, FileError};
use drawbridge_files::or_here;
use drawbridge_store::LocalStore;
use drawbridge_time::Deadline;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Target;
use super::outage::Outage;
use super::report::{self, check_at_end, check_complete, check_stopped, print_report, say_if_idle};
use crate::cli;
use crate::failure::Failure;
use crate::progress::say_timed;
use crate::signals::stop_requested_on_signal;

/// What the records' tenant is called where nothing says it.
const UNKNOWN_TENANT: &str = "local";

/// Delivers a file of records, once or as they come.
pub(super) async fn run(
    file: &Path,
    args: &cli::Deliver,
    target: &Target,
    every: Duration,
) -> Result<(), Failure> {
    let mut stop = stop_requested_on_signal("the records under way");
    let (folder, tenant) = data_folder(file);
    let mut delivery = open(file, args, target, &folder, tenant)?;
    let mut outage = Outage::default();
    let mut said = None;
    loop {
        let asked = stop.clone();
        let delivered = delivery
            .run(Deadline::none(), &move || *asked.borrow())
            .await;
        let wait = match delivered {
            Ok(report) => {
                print_report(None, &report, args)?;
                if *stop.borrow() {
                    return check_stopped(&report, &mut delivery, &folder, args.once).await;
                }
                if args.once {
                    let is_idle = report.delivered + report.refused == 0 && report.later.is_none();
                    let ended = check_complete(&report, &mut delivery, &folder, false);
                    say_if_idle(is_idle && ended.is_ok(), args);
                    return ended;
                }
                report::say_gone(None, &mut delivery).map_err(Failure::ended)?;
                let (older, trouble) = (delivery.check_older().err(), report.trouble.as_ref());
                let wrong = trouble.into_iter().chain(&older).map(ToString::to_string);
                let wrong: Vec<String> = wrong.collect();
                say_once(&mut said, (!wrong.is_empty()).then(|| wrong.join("; and ")));
                match &report.later {
                    None => {
                        outage.end();
                        every
                    }
                    Some(later) => outage.wait(&later.reason, later.after, every),
                }
            }
            // The poll that writes the file may not have begun.
            Err(error) if error.is_absence() && !args.once => {
                say_once(&mut said, Some(format!("{error}; waiting for it")));
                every
            }
            Err(error) => return Err(Failure::ended(error)),
        };
        if !wait_unless_stopped(wait, every, &mut delivery, &mut stop).await? {
            return check_at_end(None, &mut delivery).await;
        }
    }
}

/// Says what is wrong when it changes, and not every few seconds.
fn say_once(said: &mut Option<String>, trouble: Option<String>) {
    if let Some(trouble) = &trouble
        && said.as_ref() != Some(trouble)
    {
        say_timed(&format!("drawbridge: {trouble}"));
    }
    *said = trouble;
}

/// Waits, and looks every now and then whether the file was rotated; false if asked to stop.
async fn wait_unless_stopped(
    wait: Duration,
    every: Duration,
    delivery: &mut FileDelivery,
    stop: &mut watch::Receiver<bool>,
) -> Result<bool, Failure> {
    let until = Instant::now() + wait;
    loop {
        let look = until.min(Instant::now() + every);
        tokio::select! {
            () = tokio::time::sleep_until(look) => {}
            _ = stop.wait_for(|asked| *asked) => return Ok(false),
        }
        if look == until {
            return Ok(true);
        }
        report::look(delivery).await?;
    }
}

fn open(
    file: &Path,
    args: &cli::Deliver,
    target: &Target,
    folder: &Path,
    tenant: Option<String>,
) -> Result<FileDelivery, Failure> {
    let tenant = args.tenant.clone().or(tenant);
    let tenant = tenant.as_deref().unwrap_or(UNKNOWN_TENANT);
    open_file(target, file, folder, tenant, args.set_aside).map_err(Failure::of)
}

/// Opens the delivery of a file; what is refused goes to `quarantine/` in the data folder.
pub(super) fn open_file(
    target: &Target,
    file: &Path,
    folder: &Path,
    tenant: &str,
    sets_aside: bool,
) -> Result<FileDelivery, FileError> {
    let store = Arc::new(LocalStore::new(folder));
    let deliverer = Deliverer::new(Arc::clone(&target.target), store);
    let delivery = FileDelivery::open(deliverer, file, target.format.name(), tenant)?;
    Ok(delivery.setting_aside(sets_aside))
}

/// The data folder that a file of records is in, where `replay` looks for what is put aside, and the
/// tenant whose folder it is: `DIR/NAME/siem.ndjson`, where there is a document of that name.
fn data_folder(file: &Path) -> (PathBuf, Option<String>) {
    let folder = file.parent().map_or(Path::new("."), or_here);
    let of_tenant = || {
        let (name, above) = match folder.file_name() {
            Some(name) => (name.to_owned(), or_here(folder.parent()?).to_owned()),
            // A path such as `.` has no name, though its folder has one.
            None => (
                folder.canonicalize().ok()?.file_name()?.to_owned(),
                folder.join(".."),
            ),
        };
        let name = name.to_str()?;
        let is_there = [TENANTS_FOLDER, PAUSED_FOLDER].iter().any(|documents| {
            let document = |ending| above.join(documents).join(format!("{name}.{ending}"));
            document("toml").exists() || document("json").exists()
        });
        is_there.then(|| (above.clone(), Some(name.to_owned())))
    };
    of_tenant().unwrap_or_else(|| (folder.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenants_file_is_known_by_its_document() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("tenants/paused")).unwrap();
        std::fs::write(at("tenants/contoso.toml"), "").unwrap();
        std::fs::write(at("tenants/paused/fabrikam.json"), "").unwrap();
        for (file, data, tenant) in [
            ("contoso/siem.ndjson", "", Some("contoso")),
            ("fabrikam/siem.ndjson", "", Some("fabrikam")),
            ("removed/siem.ndjson", "removed", None),
            ("siem.ndjson", "", None),
        ] {
            let (folder, name) = data_folder(&at(file));
            assert_eq!(
                folder.components().as_path(),
                at(data).components().as_path(),
                "{file}"
            );
            assert_eq!(name.as_deref(), tenant, "{file}");
        }
        assert_eq!(data_folder(Path::new("siem.ndjson")), (".".into(), None));
    }
}
