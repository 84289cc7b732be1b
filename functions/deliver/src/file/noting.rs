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
            // It is known as it is.
            (Err(FileError::Packed { .. }), Ok(Some(mut raw))) => {
                let known = KnownFile::whole(&mut raw, is_delivered);
                ledger.add(known.map_err(folder.fault(&one.name))?);
                continue;
            }
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

/// The rotated files that were there before the first delivery began, and are not delivered, oldest first.
pub(super) fn older(folder: &Folder, ledger: &mut Ledger) -> Result<Vec<Rotated>, FileError> {
    if !ledger.has_older() {
        return Ok(Vec::new());
    }
    let mut older = Vec::new();
    for one in folder.rotated()? {
        // What cannot be unpacked is known as it is.
        let opened = [folder.open(&one), folder.open_raw(&one)];
        let mut sources = opened
            .into_iter()
            .filter_map(|opened| opened.ok().flatten());
        if sources.any(|mut source| ledger.is_older(&mut source).unwrap_or(false)) {
            older.push(one);
        }
    }
    older.sort_by_key(|one| one.modified);
    Ok(older)
}

/// Where nothing is to be delivered and never was: says of a missing file that it is.
pub(super) fn check_is_there(folder: &Folder, ledger: &mut Ledger) -> Result<(), FileError> {
    // It was there, and empty, if one was rotated.
    let was_there = folder.rotated()?.iter().any(|one| one.age != Age::Unknown);
    if was_there || folder.open_live()?.is_some() || !older(folder, ledger)?.is_empty() {
        return Ok(());
    }
    Err(FileError::Missing {
        place: folder.live_path().display().to_string(),
    })
}
