//! What is noted of files that need no delivery.

use std::io;

use super::FileError;
use super::content::Beginning;
use super::folder::Folder;
use super::known::{KnownFile, Ledger};
use super::open_file::OpenFile;
use super::rotated::{Age, Packing, Rotated};
use super::source::{Overlap, Source, overlap};

/// Notes files that were there before: no delivery of them had begun, or an older release has delivered them. What
/// is no file of records, or cannot be read at all, such as a link, is noted as that.
pub(super) fn note_there(
    folder: &Folder,
    ledger: &mut Ledger,
    there: &[Rotated],
    is_delivered: bool,
) -> Result<(), FileError> {
    for one in there {
        let is_by_hand = one.age == Age::Unknown && one.packing != Packing::Other;
        let opened = (folder.open(one), folder.open_raw(one));
        let (mut source, mut raw) = match opened {
            (Ok(Some(source)), Ok(Some(raw))) => (source, raw),
            (Ok(_), Ok(_)) => continue,
            _ => {
                ledger.add_unread(one);
                continue;
            }
        };
        let fault = folder.fault(&one.name);
        match KnownFile::whole(&mut source, is_delivered) {
            Ok(_) if is_by_hand && !has_records(source).map_err(fault)? => {
                ledger.add_without_records(one);
            }
            Ok(known) => ledger.add(known),
            // One that is damaged is known as it is.
            Err(_) => ledger.add(KnownFile::whole(&mut raw, is_delivered).map_err(fault)?),
        }
    }
    Ok(())
}

/// Whether a file has any record, or nothing at all.
fn has_records(source: Source) -> io::Result<bool> {
    let mut file = OpenFile::new(source, 0)?;
    Ok(!file.position.has_content() || file.has_a_record()?)
}

/// Notes that a file that is held open needs no delivery any more, nor does any copy of it, and forgets those that
/// are gone.
pub(super) fn note_delivered(
    folder: &Folder,
    ledger: &mut Ledger,
    delivered: &mut OpenFile,
) -> Result<(), FileError> {
    let (mut there, mut states) = (Vec::new(), Vec::new());
    for one in folder.rotated()? {
        states.extend(one.state());
        there.extend(folder.beginnings(&one));
        let Ok(Some(mut source)) = folder.open(&one) else {
            continue;
        };
        let fault = folder.fault(&one.name);
        let mut beginning = Beginning::of(&mut source);
        let is_known = ledger.rest_in(&mut source, &mut beginning);
        if is_known.map_err(fault)?.is_some() {
            continue;
        }
        let found = overlap(&mut source, &mut delivered.source).map_err(fault)?;
        if matches!(found, Overlap::Beginning | Overlap::Same) {
            let copy = KnownFile::whole(&mut source, true);
            ledger.add(copy.map_err(fault)?);
        }
    }
    ledger.keep(&mut there, &states);
    // The last one is the one that was delivered last.
    ledger.add(KnownFile::delivered(delivered));
    Ok(())
}

/// Where there is nothing to deliver and never was: names what was rotated before, and says of a missing file
/// that it is.
pub(super) fn check_begun(folder: &Folder, ledger: &Ledger) -> Result<(), FileError> {
    let live = folder.open_live()?;
    if live
        .as_ref()
        .is_some_and(|live| live.position.has_content())
    {
        return Ok(());
    }
    let rotated = folder.rotated()?;
    let was_before = |one: &&Rotated| {
        let mut beginnings = folder.beginnings(one);
        beginnings.iter_mut().any(|it| ledger.was_before(it))
    };
    let last = rotated.iter().filter(was_before);
    let last = last.max_by_key(|one| one.modified);
    let place = folder.live_path().display().to_string();
    match (last, live) {
        (Some(last), live) => Err(FileError::Rotated {
            place,
            what: match live {
                Some(_) => "is empty",
                None => "does not exist",
            },
            rotated: folder.path(&last.name).display().to_string(),
        }),
        // It was there, and empty, if one was rotated.
        (None, None) if rotated.iter().all(|one| one.age == Age::Unknown) => {
            Err(FileError::Missing { place })
        }
        _ => Ok(()),
    }
}
