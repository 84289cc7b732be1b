//! What there is to deliver besides that which is held open: all that was rotated and is not known.

use std::collections::{HashMap, VecDeque};
use std::io;

use super::FileError;
use super::content::Beginning;
use super::folder::Folder;
use super::identity::FileState;
use super::known::{Ledger, Rest};
use super::numbers::{least_number, missing, oldest_first};
use super::open_file::OpenFile;
use super::rotated::{Age, Packing, Rotated};
use super::source::{Overlap, Source, overlap};

/// What was found.
pub(super) struct Found {
    /// The files that were rotated, oldest first.
    pub(super) rotated: Vec<OpenFile>,
    /// The live one, once it has a whole line: before that, it has nothing to be known by.
    pub(super) live: Option<OpenFile>,
}

/// What was made of files that are not held, as long as they are what they were and the same are held and known.
pub(super) type Verdicts = HashMap<FileState, Verdict>;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It needs no delivery; perhaps it is the one that was delivered last.
    Known { is_last: bool },
    /// All that it has is in another one: perhaps in the last one that is held, or in one of the same number, which
    /// it is packed into or out of.
    Copy { is_of_last: bool, is_twin: bool },
    /// It has more than one that is held, which has lines to deliver first.
    Later,
    /// It is to be delivered from this byte on.
    New(u64),
}

/// A look for files in a folder.
pub(super) struct Search<'a> {
    pub(super) folder: &'a Folder,
    pub(super) ledger: &'a mut Ledger,
    pub(super) held: &'a mut VecDeque<OpenFile>,
    pub(super) verdicts: &'a mut Verdicts,
}

impl Search<'_> {
    /// Finds the files that are neither held nor known.
    pub(super) fn run(&mut self) -> Result<Found, FileError> {
        // In this order: what is rotated in between is the live one here, or in the list.
        let mut live = self.folder.open_live()?;
        let mut listed = self.folder.rotated()?;
        // Of two that are the same, the copy is the younger one, or has a name by hand.
        listed.sort_by(|one, other| {
            let key = |one: &Rotated| (one.age == Age::Unknown, one.modified);
            let key = key(one).cmp(&key(other));
            key.then_with(|| one.name.cmp(&other.name))
        });
        let (mut new, mut counted, mut last) = (Vec::new(), Vec::new(), None);
        let is_all_delivered = self.held.iter().all(|held| held.delivered_at.is_some());
        for index in 0..listed.len() {
            let one = &listed[index];
            // An empty one has its number, and nothing else.
            counted.push(one);
            if one.bytes == 0 || live.as_ref().is_some_and(|live| is_of(live, one)) {
                continue;
            }
            if let Some(at) = self.held.iter().position(|held| is_of(held, one)) {
                if at + 1 == self.held.len() {
                    last = Some(one);
                }
                continue;
            }
            let verdict = match one.state().and_then(|state| self.verdicts.get(&state)) {
                Some(verdict) => *verdict,
                None => self.judge(index, &listed, live.as_mut(), &mut new)?,
            };
            match verdict {
                Verdict::Known { is_last: true } if is_all_delivered => last = Some(one),
                Verdict::Copy {
                    is_of_last,
                    is_twin,
                } => {
                    if is_twin {
                        counted.pop();
                    }
                    last = last.or(is_of_last.then_some(one));
                }
                _ => {}
            }
        }
        self.check_numbers(&counted, last)?;
        oldest_first(&mut new, |(one, _)| one);
        let is_held = |live: &mut OpenFile| {
            let mut held = self.held.iter();
            held.any(|held| held.is(&mut live.source))
        };
        if let Some(found) = &mut live {
            let has_a_line = found.has_a_line();
            let name = found.source.name.clone();
            let has_a_line = has_a_line.map_err(self.folder.fault(&name))?;
            if !has_a_line || is_held(found) {
                live = None;
            } else {
                let forgotten = self.ledger.forget_older_in(&mut found.source);
                forgotten.map_err(self.folder.fault(&name))?;
            }
        }
        Ok(Found {
            rotated: new.into_iter().map(|(_, file)| file).collect(),
            live,
        })
    }

    /// Whether no file is missing of those that came after the last one that is held, or was delivered.
    fn check_numbers(
        &mut self,
        counted: &[&Rotated],
        last: Option<&Rotated>,
    ) -> Result<(), FileError> {
        let known = self.ledger.least_number;
        let there = counted.iter().filter_map(|one| one.age.number()).min();
        if known.is_some() && there.is_some() && there < known {
            // They begin with another number since (logrotate's `start`): those in between never were.
            self.ledger.least_number = there;
            return Ok(());
        }
        let least = [known, least_number(counted)];
        self.ledger.least_number = least.into_iter().flatten().min();
        let Some(last) = last else {
            return Ok(());
        };
        let missing = missing(counted, last, self.ledger.least_number);
        if let Some(number) = missing.get(self.ledger.moved_away as usize) {
            return Err(FileError::Gap {
                place: self.folder.live_path().display().to_string(),
                found: self.folder.path(&last.name).display().to_string(),
                number: *number,
            });
        }
        // The others were passed by now: another gap is none of theirs.
        self.ledger.moved_away = missing.len().try_into().unwrap_or(u32::MAX);
        Ok(())
    }

    /// What to do with a file that is not held; one that is new is opened.
    fn judge(
        &mut self,
        index: usize,
        listed: &[Rotated],
        live: Option<&mut OpenFile>,
        new: &mut Vec<(Rotated, OpenFile)>,
    ) -> Result<Verdict, FileError> {
        let one = &listed[index];
        let fault = self.folder.fault(&one.name);
        if one.packing == Packing::Other {
            return self.judge_packed(one);
        }
        let mut source = match self.folder.open(one) {
            Err(FileError::Packed { .. }) => return self.judge_packed(one),
            Ok(Some(source)) => source,
            Ok(None) => return Err(fault(io::ErrorKind::NotFound.into())),
            Err(_) if self.ledger.was_unread(one) => {
                return Ok(Verdict::Known { is_last: false });
            }
            Err(error) => return Err(error),
        };
        let mut verdict = self.of_known(&mut source).map_err(fault)?;
        if let Verdict::New(from) = verdict {
            verdict = self.of_held(index, listed, &mut source, from)?;
        }
        if matches!(verdict, Verdict::New(_))
            && let Some(copy) = self.of_others(index, listed, live, &mut source)?
        {
            // It is looked at again, since that one may go.
            return Ok(copy);
        }
        if let Verdict::New(from) = verdict {
            let mut file = match OpenFile::new(source, from) {
                Ok(file) => file,
                // What cannot be unpacked was there before the first delivery, or it is named.
                Err(_) if self.is_known_as_it_is(one)? => {
                    return Ok(Verdict::Known { is_last: false });
                }
                Err(error) => return Err(fault(error)),
            };
            let is_by_hand = one.age == Age::Unknown && from == 0;
            if is_by_hand && !file.begins_with_a_record().map_err(fault)? {
                let was_without = self.ledger.was_without_records(one);
                if was_without && !file.has_a_record().map_err(fault)? {
                    let verdict = Verdict::Known { is_last: false };
                    self.verdicts
                        .extend(one.state().map(|state| (state, verdict)));
                    return Ok(verdict);
                }
                return Err(FileError::Unclear {
                    place: self.folder.path(&one.name).display().to_string(),
                    live: self.folder.live_path().display().to_string(),
                });
            }
            if file.position.has_content() {
                new.push((one.clone(), file));
            }
            return Ok(verdict);
        }
        if verdict != Verdict::Later
            && let Some(state) = one.state()
        {
            self.verdicts.insert(state, verdict);
        }
        Ok(verdict)
    }

    /// What to do with a file that is packed in a way that is not read here.
    fn judge_packed(&mut self, one: &Rotated) -> Result<Verdict, FileError> {
        let place = self.folder.path(&one.name).display().to_string();
        match self.is_known_as_it_is(one) {
            Ok(true) => Ok(Verdict::Known { is_last: false }),
            Err(_) if self.ledger.was_unread(one) => Ok(Verdict::Known { is_last: false }),
            Ok(false) => Err(FileError::Packed { place }),
            Err(error) => Err(error),
        }
    }

    /// Whether a file is known by its bytes as they are, packed or not.
    fn is_known_as_it_is(&mut self, one: &Rotated) -> Result<bool, FileError> {
        let Some(mut source) = self.folder.open_raw(one)? else {
            return Ok(false);
        };
        let mut beginning = Beginning::of(&mut source);
        let rest = self.ledger.rest_in(&mut source, &mut beginning);
        let rest = rest.map_err(self.folder.fault(&one.name))?;
        Ok(rest.is_some())
    }

    fn of_known(&mut self, source: &mut Source) -> io::Result<Verdict> {
        let mut beginning = Beginning::of(source);
        Ok(match self.ledger.rest_in(source, &mut beginning)? {
            Some((Rest::Nothing, is_last)) => Verdict::Known { is_last },
            Some((Rest::From(from), _)) => Verdict::New(from),
            None => Verdict::New(0),
        })
    }

    /// A copy of a file that is held has nothing else. One that has more has the rest of it, where nothing is left
    /// of that: it was cut off.
    fn of_held(
        &mut self,
        index: usize,
        listed: &[Rotated],
        source: &mut Source,
        mut from: u64,
    ) -> Result<Verdict, FileError> {
        let one = &listed[index];
        let fault = self.folder.fault(&one.name);
        let count = self.held.len();
        for (at, held) in self.held.iter_mut().enumerate() {
            let found = overlap(source, &mut held.source).map_err(fault)?;
            let is_copy = match found {
                Overlap::None => false,
                Overlap::Beginning | Overlap::Same => true,
                Overlap::Readable => !held.source.is_packed(),
            };
            if is_copy {
                let mut originals = listed.iter().filter(|other| is_of(held, other));
                return Ok(Verdict::Copy {
                    is_of_last: at + 1 == count,
                    is_twin: originals.any(|other| other.age.number() == one.age.number()),
                });
            }
            let has_it = held.position.is_distinct && held.position.is_in(source).unwrap_or(false);
            if has_it && held.has_a_line().map_err(fault)? {
                return Ok(Verdict::Later);
            }
            if has_it {
                from = from.max(held.position.offset);
            }
        }
        Ok(Verdict::New(from))
    }

    /// Of a file whose content is all in another one, such as while it is being copied or packed: that it is a copy.
    fn of_others(
        &mut self,
        index: usize,
        listed: &[Rotated],
        live: Option<&mut OpenFile>,
        source: &mut Source,
    ) -> Result<Option<Verdict>, FileError> {
        let one = &listed[index];
        let fault = self.folder.fault(&one.name);
        if let Some(live) = live {
            let found = overlap(source, &mut live.source).map_err(fault)?;
            if found != Overlap::None {
                return Ok(Some(Verdict::Copy {
                    is_of_last: false,
                    is_twin: false,
                }));
            }
        }
        for (at, other) in listed.iter().enumerate() {
            let is_other = at == index || other.is_link || other.packing == Packing::Other;
            if is_other || other.bytes == 0 {
                continue;
            }
            let Ok(Some(mut whole)) = self.folder.open(other) else {
                continue;
            };
            let is_plain_of_it = || other.name.to_str() == one.unpacked_name();
            let is_in_it = match overlap(source, &mut whole).map_err(fault)? {
                Overlap::None => false,
                Overlap::Beginning => true,
                // Of two that are the same, one is delivered.
                Overlap::Same => at < index,
                // The plain one is whole.
                Overlap::Readable => is_plain_of_it(),
            };
            if is_in_it {
                return Ok(Some(Verdict::Copy {
                    is_of_last: false,
                    is_twin: other.age.number() == one.age.number(),
                }));
            }
        }
        Ok(None)
    }
}

fn is_of(open: &OpenFile, one: &Rotated) -> bool {
    one.identity.is_some() && open.source.identity == one.identity
}
